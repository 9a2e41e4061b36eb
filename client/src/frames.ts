import type { Notifications, OrgEvents } from './catalogue.js';

/** The first frame of each connection. */
export interface WelcomeFrame {
  type: 'connection.established';
  message: string;
  user_id: string;
  /** Only on an organization's events. */
  org_id?: string;
  /**
   * Name it in `X-Connection-Id` to keep what the request causes off this connection. Empty where tabs share the connection,
   * because the other tabs need those frames.
   */
  connection_id: string;
  /** When the token expires. */
  expires_at: string;
  /** The server's time. */
  timestamp?: string;
  /** What carries the frames. */
  transport?: 'websocket' | 'sse';
  /** Seconds between the server's protocol pings. */
  heartbeat_interval: number;
  /** The channel's position, which the client reaches once it has received what it missed. */
  cursor: string;
  /** Set if the client asked to resume. True: what it missed follows. False: fetch it over HTTP. */
  resumed?: boolean;
}

/** The fields of every notification. Any others are the sender's, typed by `type` if the catalogue has it. */
export type Notification<T extends string = string> = {
  title: string;
  body?: string;
  timestamp: string;
  action_url?: string;
  /** Its id in the inbox; ephemeral notifications have none. */
  id?: string;
} & (T extends keyof Notifications ? { type: T } & Notifications[T] : { type?: T; [field: string]: unknown });

export interface NotificationFrame<T extends string = string> {
  type: 'notification';
  notification: Notification<T>;
  /** The position after it. A notification to everyone carries the cursor of the frame before. */
  cursor: string;
}

/** The user changed the inbox, on this device or another one. */
export interface InboxFrame {
  type: 'inbox';
  action: 'read' | 'read_all' | 'deleted';
  /** Empty with `read_all`. */
  ids: string[];
  /** With `read_all`: newer notifications stay unread; null: none do. */
  up_to?: string | null;
  unread_count: number;
  /** More than 99 are unread. */
  has_more: boolean;
  cursor: string;
}

/** An organization's event. The catalogue types its `data`; unknown types have any object. */
export interface EventFrame<T extends string = string> {
  type: 'event';
  event_type: T;
  data: T extends keyof OrgEvents ? OrgEvents[T] : Record<string, unknown>;
  cursor: string;
}

/** Another user's first connection to the organization's events, or the end of their last. Not repeated on resuming. */
export interface PresenceFrame {
  type: 'presence';
  action: 'joined' | 'left';
  user_id: string;
}

/** The server could not use what the client sent; the connection stays open. */
export interface ErrorFrame {
  type: 'error';
  message: string;
  code: 'invalid_json' | 'invalid_message' | 'unknown_type' | 'rate_limited';
}

/** The connection now lasts until the new token expires. */
export interface RefreshedFrame {
  type: 'auth.refreshed';
  expires_at: string;
}

/** Narrows an event to one type and its `data`. */
export function isEvent<T extends string>(frame: EventFrame, type: T): frame is EventFrame<T> & EventFrame {
  return frame.event_type === type;
}

/** Narrows a notification to one type and its fields. */
export function isNotification<T extends string>(
  notification: Notification,
  type: T,
): notification is Notification<T> & Notification {
  return notification.type === type;
}
