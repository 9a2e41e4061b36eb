import { useConnection, useConnectionState } from '@herald/client/react';
import { WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLiveOrganization } from '../shell/live-organization.js';
import { Button } from '../ui/button.js';
import { worstOf } from './describe-connection.js';
import './connection.css';

/** Short interruptions, such as a quick restart, are not shown. */
const PATIENCE_MS = 1_200;

/** Warns while the page is not live. */
export function ConnectionBanner() {
  const orgId = useLiveOrganization();
  const notifications = useConnectionState('notifications');
  const events = useConnectionState(orgId === null ? null : { orgId });
  const { status, reconnects, closed } = orgId === null ? notifications : worstOf([notifications, events]);
  const isFirst = reconnects === 0 && closed === undefined;
  const isLost = useLasting(status === 'waiting' || status === 'offline' || (status === 'connecting' && !isFirst));
  return (
    <div role="status" className="banner-region">
      {isLost && (
        <div className="banner">
          <WifiOff size={16} aria-hidden="true" />
          <span>
            {status === 'offline'
              ? 'You’re offline. Updates are paused until the network is back.'
              : 'Connection lost. Updates are paused; reconnecting…'}
          </span>
          {status !== 'offline' && <ReconnectAll orgId={orgId} />}
        </div>
      )}
    </div>
  );
}

function ReconnectAll({ orgId }: { orgId: string | null }) {
  const notifications = useConnection('notifications');
  const events = useConnection(orgId === null ? null : { orgId });
  const reconnect = () => {
    if (notifications.state.status !== 'connected') notifications.reconnect();
    if (events !== null && events.state.status !== 'connected') events.reconnect();
  };
  return <Button onClick={reconnect}>Reconnect now</Button>;
}

/** Whether a condition has held for a while. */
function useLasting(isSo: boolean): boolean {
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(isSo), isSo ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [isSo]);
  return isLasting;
}
