import { PlugZap } from 'lucide-react';
import { useState } from 'react';
import type { ConnectionRecord } from '../api/types.js';
import { Empty } from '../ui/empty.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { CloseConnectionDialog, DisconnectUserDialog } from './close-dialogs.js';
import { ConnectionFilters } from './connection-filters.js';
import { ConnectionsTable } from './connections-table.js';
import { type ConnectionFilter, countOf, type useConnections } from './connections.js';

interface ConnectionsCardProps {
  query: ReturnType<typeof useConnections>;
  filter: ConnectionFilter;
  onFilter: (filter: ConnectionFilter) => void;
}

type Open = { what: 'close' | 'disconnect'; connection: ConnectionRecord } | null;

/** The live connections of all nodes. */
export function ConnectionsCard({ query, filter, onFilter }: ConnectionsCardProps) {
  const { data, error, refetch } = query;
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const connections = data?.items ?? [];
  return (
    <section className="card" aria-label="Live connections">
      <div className="card-head connections-head">
        <h2>
          Live connections <span className="count">{data === undefined ? '' : countOf(data)}</span>
        </h2>
        <ConnectionFilters filter={filter} onFilter={onFilter} />
      </div>
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <SkeletonRows label="Loading connections" />}
      {data !== undefined && connections.length === 0 && (
        <Empty icon={PlugZap} title="No matching connections">
          Refreshes automatically.
        </Empty>
      )}
      {connections.length > 0 && (
        <ConnectionsTable
          connections={connections}
          onClose={(connection) => setOpen({ what: 'close', connection })}
          onDisconnect={(connection) => setOpen({ what: 'disconnect', connection })}
        />
      )}
      {data?.isCut === true && (
        <div className="card-foot">
          Showing the {connections.length.toLocaleString('en')} oldest. Filter to find others.
        </div>
      )}
      {open?.what === 'close' && <CloseConnectionDialog connection={open.connection} onClose={close} />}
      {open?.what === 'disconnect' && <DisconnectUserDialog userId={open.connection.user_id} onClose={close} />}
    </section>
  );
}
