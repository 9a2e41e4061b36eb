import type { Notifications, OrgEvents } from './catalogue.js';

/** The first frame of each connection. */
export interface WelcomeFrame {
  type: 'connection.established';
  message: string;
  user_id: string;
  /** On the events of an organization. */
  org_id?: string;
  /**
   * Names this connection in `X-Connection-Id`, so that it is not told what that request causes. Empty where tabs share it: the
   * others are to be told.
   */
  connection_id: string;
  /** When the token ends. */
  expires_at: string;
  /** What the server's clock shows. */
  timestamp?: string;
  /** Seconds between two protocol pings of the server. */
  heartbeat_interval: number;
  /** The position of the channel: that of the client, too, once it has what it has missed. */
  cursor: string;
  /** There if the client asked to resume. True: what it has missed follows. False: it has to be fetched over HTTP. */
  resumed?: boolean;
}

/** The fields of every notification; further ones are the sender's, known by its `type` where the catalogue has it. */
export type Notification<T extends string = string> = {
  title: string;
  body?: string;
  timestamp: string;
  action_url?: string;
  /** Its place in the inbox; none if it is ephemeral. */
  id?: string;
} & (T extends keyof Notifications ? { type: T } & Notifications[T] : { type?: T; [field: string]: unknown });

/** A notification of the user. */
export interface NotificationFrame<T extends string = string> {
  type: 'notification';
  notification: Notification<T>;
  /** The position after it. Notifications for everybody have none of their own: they carry that of the frame before. */
  cursor: string;
}

/** What has changed in the inbox, by this device of the user or another one. */
export interface InboxFrame {
  type: 'inbox';
  action: 'read' | 'read_all' | 'deleted';
  /** Empty with `read_all`. */
  ids: string[];
  /** With `read_all`: what is newer stays unread; null: nothing does. */
  up_to?: string | null;
  unread_count: number;
  /** There are more than 99. */
  has_more: boolean;
  cursor: string;
}

/** An event of an organization: `data` is known by the catalogue, or any object. */
export interface EventFrame<T extends string = string> {
  type: 'event';
  event_type: T;
  data: T extends keyof OrgEvents ? OrgEvents[T] : Record<string, unknown>;
  cursor: string;
}

/** Somebody else's first connection to the organization's events, or the end of the last one. Not repeated on resuming. */
export interface PresenceFrame {
  type: 'presence';
  action: 'joined' | 'left';
  user_id: string;
}

/** What the client sent was of no use; the connection stays. */
export interface ErrorFrame {
  type: 'error';
  message: string;
  code: 'invalid_json' | 'invalid_message' | 'unknown_type' | 'rate_limited';
}

/** The connection lives as long as the new token. */
export interface RefreshedFrame {
  type: 'auth.refreshed';
  expires_at: string;
}

/** Whether an event is of a type, whose `data` is then known. */
export function isEvent<T extends string>(frame: EventFrame, type: T): frame is EventFrame<T> & EventFrame {
  return frame.event_type === type;
}

/** Whether a notification is of a type, whose fields are then known. */
export function isNotification<T extends string>(
  notification: Notification,
  type: T,
): notification is Notification<T> & Notification {
  return notification.type === type;
}
