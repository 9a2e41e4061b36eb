import type { Connection, NotificationFrames, OrgFrames } from './connection.js';
import { LiveConnection } from './live-connection.js';
import type { ClientOptions, OrgEventsOptions } from './options.js';
import { segment } from './segment.js';

// `export *`, so that an application's declarations merge with these.
export * from './catalogue.js';
export type {
  CommonFrames,
  Connection,
  ConnectionFault,
  ConnectionState,
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
export type { ClientOptions, OrgEventsOptions, Socket, TokenReason, TokenRequest } from './options.js';

/** Connects to the user's own notifications. */
export function connectNotifications(options: ClientOptions): Connection<NotificationFrames> {
  return new LiveConnection<NotificationFrames>({ path: '/ws/notifications/', query: {} }, 'notification', options);
}

/**
 * Connects to the events of an organization that the user is a member of.
 * @throws {RangeError} if the id is `.` or `..`
 */
export function connectOrgEvents(orgId: string, options: OrgEventsOptions): Connection<OrgFrames> {
  const query = { presence: options.presence === true ? 'true' : undefined };
  return new LiveConnection<OrgFrames>({ path: `/ws/events/${segment(orgId)}/`, query }, 'event', options);
}
