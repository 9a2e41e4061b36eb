import type { Connection, ConnectionState, NotificationFrames, OrgFrames } from './core.js';

/** The user's notifications, or the events of an organization. Null: nothing, as long as it is not known which. */
export type Endpoint = 'notifications' | { orgId: string };

/** What all components have of a connection that they share: it ends when the last of them is gone. */
export type SharedConnection<F extends NotificationFrames | OrgFrames = NotificationFrames | OrgFrames> = Pick<
  Connection<F>,
  'state' | 'on' | 'reconnect'
>;

/** The connection of an endpoint, to listen to by `on` in an effect. It is kept while the component is mounted. */
export function useConnection(endpoint: 'notifications'): SharedConnection<NotificationFrames>;
export function useConnection(endpoint: { orgId: string }): SharedConnection<OrgFrames>;
export function useConnection(endpoint: { orgId: string } | null): SharedConnection<OrgFrames> | null;
export function useConnection(_endpoint: Endpoint | null): never {
  throw new Error('Not there yet');
}

/** Where the connection of an endpoint stands. Null keeps none, and is `closed`. */
export function useConnectionState(_endpoint: Endpoint | null): ConnectionState {
  return { status: 'connecting', reconnects: 0 };
}
