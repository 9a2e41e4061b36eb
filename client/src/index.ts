import type { Connection, EventFrames, NotificationFrames, OrgFrames } from './connection.js';
import { LiveConnection } from './live-connection.js';
import type { ClientOptions, ConnectOptions, OrgEventsOptions } from './options.js';
import { segment } from './segment.js';

// `export *`, so that an application's declarations merge with these.
export * from './catalogue.js';
export type {
  CommonFrames,
  Connection,
  ConnectionFault,
  ConnectionState,
  EventFrames,
  Heard,
  MainName,
  NotificationFrames,
  OrgFrames,
} from './connection.js';
export type {
  ErrorFrame,
  EventFrame,
  InboxFrame,
  Notification,
  NotificationFrame,
  PresenceFrame,
  WelcomeFrame,
} from './frames.js';
export { isEvent, isNotification } from './frames.js';
export type { ClientOptions, ConnectOptions, OrgEventsOptions, Socket, TokenReason, TokenRequest } from './options.js';

/** Connects to the user's own notifications. */
export function connectNotifications(options: ClientOptions): Connection<NotificationFrames> {
  return new LiveConnection<NotificationFrames>({ path: '/ws/notifications/' }, 'notification', options);
}

/**
 * Connects to the events of an organization that the user is a member of.
 * @throws {RangeError} if the id is `.` or `..`
 */
export function connectOrgEvents(orgId: string, options: OrgEventsOptions): Connection<OrgFrames> {
  const query = { presence: options.presence ? 'true' : undefined };
  return connect(`/ws/events/${segment(orgId)}/`, { ...options, query });
}

/**
 * Connects to any gateway of the backend whose channel carries events.
 * @param path such as `/ws/projects/${id}/`; encode what users choose
 */
export function connect<F extends EventFrames = EventFrames>(path: string, options: ConnectOptions): Connection<F> {
  return new LiveConnection<F>({ path, query: options.query }, 'event', options);
}
