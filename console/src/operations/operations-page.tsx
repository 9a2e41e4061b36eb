import { Megaphone } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { Empty } from '../ui/empty.js';
import { isOperator, useSession } from '../session/session.js';
import { Button } from '../ui/button.js';
import { usePageTitle } from '../ui/page-title.js';
import { AlertDialog } from './alert-dialog.js';
import { Charts } from './charts.js';
import { ConnectionsCard } from './connections-card.js';
import { type ConnectionFilter, useConnections } from './connections.js';
import './operations.css';

/** For operators: live connections, metrics and alerts. */
export default function OperationsPage() {
  usePageTitle('Operations');
  const session = useSession();
  if (isOperator(session)) return <Operations />;
  return (
    <Empty icon={Megaphone} title="This page is for operators" isPage>
      You need the realtime-admin role. Ask an administrator.
    </Empty>
  );
}

const ALL: ConnectionFilter = { userId: '', orgId: '' };

function Operations() {
  const [isAlerting, setAlerting] = useState(false);
  const [filter, setFilter] = useState(ALL);
  // Keeps typing responsive: the list may lag behind.
  const { userId, orgId } = useDeferredValue(filter);
  const everywhere = useConnections(ALL);
  const filtered = useConnections({ userId: userId.trim(), orgId: isUuid(orgId) ? orgId.trim() : '' });
  return (
    <div className="operations">
      <div className="operations-head">
        <div>
          <h1>Operations</h1>
          <p className="muted">Live connections on all nodes, and how fast messages reach them.</p>
        </div>
        <Button
          icon={<Megaphone size={15} aria-hidden="true" />}
          className="button push"
          onClick={() => setAlerting(true)}
        >
          Send system alert
        </Button>
      </div>
      <Charts connections={everywhere.data} />
      <ConnectionsCard query={filtered} filter={filter} onFilter={setFilter} />
      {isAlerting && <AlertDialog onClose={() => setAlerting(false)} />}
    </div>
  );
}

/** The API refuses a half-typed organization id. */
function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim());
}
