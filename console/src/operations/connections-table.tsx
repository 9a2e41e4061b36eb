import { Unplug, UserX } from 'lucide-react';
import type { ConnectionRecord } from '../api/types.js';
import { useOrganizations } from '../organizations/organizations.js';
import { useSession } from '../session/session.js';
import { Badge } from '../ui/badge.js';
import { IconButton } from '../ui/button.js';
import { isolated } from '../ui/isolated.js';
import { Time } from '../ui/time.js';
import { bytes } from './bytes.js';

interface ConnectionsTableProps {
  connections: readonly ConnectionRecord[];
  onClose: (connection: ConnectionRecord) => void;
  onDisconnect: (connection: ConnectionRecord) => void;
}

const COLUMNS = ['User', 'Endpoint', 'Node', 'Connected', 'Token expires', 'Sent', 'Pending', 'Actions'];

/** On a narrow screen each row becomes a card; the explicit roles keep it a table for screen readers. */
export function ConnectionsTable({ connections, onClose, onDisconnect }: ConnectionsTableProps) {
  return (
    <div className="table-scroll" role="region" aria-label="Live connections, table" tabIndex={0}>
      <table className="table" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {COLUMNS.map((column) => (
              <th key={column} scope="col" role="columnheader" data-numeric={isNumeric(column)}>
                {column === 'Actions' ? <span className="visually-hidden">Actions</span> : column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {connections.map((connection) => (
            <ConnectionRow
              key={connection.connection_id}
              connection={connection}
              onClose={() => onClose(connection)}
              onDisconnect={() => onDisconnect(connection)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ConnectionRowProps {
  connection: ConnectionRecord;
  onClose: () => void;
  onDisconnect: () => void;
}

function ConnectionRow({ connection, onClose, onDisconnect }: ConnectionRowProps) {
  const { connection_id, user_id, node, remote_address, connected_at, expires_at, sent, sent_bytes, buffered_bytes } =
    connection;
  const { names } = useSession();
  return (
    <tr role="row" title={connection_id}>
      <td role="cell" data-label="User">
        <span className="cell-main truncate">
          <bdi>{names.get(user_id) ?? user_id}</bdi>
        </span>
        <span className="cell-sub truncate" title={user_id}>
          {names.has(user_id) ? `${isolated(user_id)} · ` : ''}
          {remote_address}
        </span>
      </td>
      <td role="cell" data-label="Endpoint">
        <EndpointName connection={connection} />
      </td>
      <td role="cell" data-label="Node">
        <code className="truncate cell-node" title={node}>
          {node}
        </code>
      </td>
      <td role="cell" data-label="Connected">
        <Time value={connected_at} />
      </td>
      <td role="cell" data-label="Token expires">
        <Time value={expires_at} />
      </td>
      <td role="cell" data-label="Sent" data-numeric="true">
        <span className="cell-main">{bytes(sent_bytes)}</span>
        <span className="cell-sub">
          {sent.toLocaleString('en')} {sent === 1 ? 'frame' : 'frames'}
        </span>
      </td>
      <td role="cell" data-label="Pending" data-numeric="true">
        {buffered_bytes === 0 ? (
          <span className="faint">{bytes(0)}</span>
        ) : (
          <Badge tone="warn">{bytes(buffered_bytes)}</Badge>
        )}
      </td>
      <td role="cell" className="cell-actions">
        <IconButton size="s" label={`Close connection ${connection_id} of ${isolated(user_id)}`} onClick={onClose}>
          <Unplug size={15} aria-hidden="true" />
        </IconButton>
        <IconButton size="s" label={`Disconnect ${isolated(user_id)} everywhere`} onClick={onDisconnect}>
          <UserX size={15} aria-hidden="true" />
        </IconButton>
      </td>
    </tr>
  );
}

function EndpointName({ connection: { endpoint, org_id } }: { connection: ConnectionRecord }) {
  const { data } = useOrganizations();
  if (endpoint === 'notifications') return <span className="cell-main">Notifications</span>;
  const name = data?.items.find(({ id }) => id === org_id)?.name;
  return (
    <>
      <span className="cell-main">Events</span>
      <span className="cell-sub truncate" title={org_id ?? undefined}>
        <bdi>{name ?? org_id}</bdi>
      </span>
    </>
  );
}

function isNumeric(column: string): boolean {
  return column === 'Sent' || column === 'Pending';
}
