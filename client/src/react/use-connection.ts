import { useEffect, useSyncExternalStore } from 'react';
import type { ConnectionState, NotificationFrames, OrgFrames } from '../connection.js';
import type { SharedConnection } from './live-endpoint.js';
import { useSession } from './provider.js';

/** The user's notifications, or an organization's events. */
export type Endpoint = 'notifications' | { orgId: string };

const NONE: ConnectionState = { status: 'closed', reconnects: 0 };

/** The endpoint's connection, kept while the component is mounted. Listen with `on` in an effect. Null: none. */
export function useConnection(endpoint: 'notifications'): SharedConnection<NotificationFrames>;
export function useConnection(endpoint: { orgId: string }): SharedConnection<OrgFrames>;
export function useConnection(endpoint: { orgId: string } | null): SharedConnection<OrgFrames> | null;
export function useConnection(
  endpoint: Endpoint | null,
): SharedConnection<NotificationFrames> | SharedConnection<OrgFrames> | null {
  const connection = useEndpoint(endpoint);
  useEffect(() => connection?.retain(), [connection]);
  return connection;
}

/** The state of the endpoint's connection. Null connects to nothing, and is `closed`. */
export function useConnectionState(endpoint: Endpoint | null): ConnectionState {
  const connection = useEndpoint(endpoint);
  const snapshot = connection?.snapshot ?? none;
  return useSyncExternalStore(connection?.subscribe ?? never, snapshot, snapshot);
}

function useEndpoint(endpoint: Endpoint | null) {
  const session = useSession();
  if (endpoint === null) return null;
  return endpoint === 'notifications' ? session.notifications : session.events(endpoint.orgId);
}

function none(): ConnectionState {
  return NONE;
}

function never(): () => void {
  return () => undefined;
}
