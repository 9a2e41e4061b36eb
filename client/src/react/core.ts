// Stands in for the core until its branch is merged.
type Severity = 'info' | 'warning' | 'critical';

interface ResourceDeleted {
  resource_id: string;
  resource_name: string;
  org_id: string;
  timestamp: string;
}

interface ResourceChange extends ResourceDeleted {
  sensitivity: string;
}

/**
 * The organization events whose `data` is known: those of the server. An application adds its own by declaration merging:
 *
 * ```ts
 * declare module '@herald/client' {
 *   interface OrgEvents {
 *     'invoice.paid': { invoice_id: string; amount_cents: number };
 *   }
 * }
 * ```
 */
export interface OrgEvents {
  'resource.created': ResourceChange;
  'resource.updated': ResourceChange;
  'resource.deleted': ResourceDeleted;
  'member.joined': { user_id: string; user_email: string | null; org_id: string; role: string; timestamp: string };
  'member.left': { user_id: string; org_id: string; timestamp: string };
  'system.alert': { alert_type: string; message: string; severity: Severity; timestamp: string };
  'quota.warning': { quota: 'resources'; used: number; limit: number; percent: number; timestamp: string };
}

/** The notifications of which it is known what comes with them, besides `title`, `body` and `timestamp`. Extended alike. */
export interface Notifications {
  'task.completed': { task_id: string; task_name: string; action_url: string };
  'task.failed': { task_id: string; task_name: string; error: string };
  'message.received': { message_id: string; org_id: string; from: string };
  'mention.received': { org_id: string; resource_id: string; comment_id: string; from: string; action_url: string };
  'system.alert': { alert_type: string; severity: Severity };
}

/** The first frame of each connection. */
export interface WelcomeFrame {
  type: 'connection.established';
  message: string;
  user_id: string;
  /** On the events of an organization. */
  org_id?: string;
  /** Names this connection in `X-Connection-Id`, so that what a request causes is not told to who has made it. */
  connection_id: string;
  /** When the token ends. */
  expires_at: string;
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

/** Where a connection stands. A snapshot: it never changes, and another takes its place. */
export interface ConnectionState {
  /**
   * `waiting`: to connect anew, at `retryAt`. `offline`: the browser says that there is no network. `closed`: for good, by the
   * page or by the server.
   */
  readonly status: 'connecting' | 'connected' | 'waiting' | 'offline' | 'closed';
  /** While connected. */
  readonly connectionId?: string;
  readonly userId?: string;
  /** When the token of the connection ends: ISO 8601. While connected. */
  readonly expiresAt?: string;
  /** Up to where all frames have come. */
  readonly cursor?: string;
  /** How often it was connected anew. */
  readonly reconnects: number;
  /** Of the last ping: milliseconds. While connected. */
  readonly latency?: number;
  /** While waiting: milliseconds since 1970. */
  readonly retryAt?: number;
  /** How the last link ended. */
  readonly closed?: { readonly code: number; readonly reason: string };
}

/** Something that went wrong and does not end the connection. */
export interface ConnectionFault {
  /** `server`: an `error` frame. `token`: `getToken` has failed, or its token can't be sent. `ticket`: none could be bought. */
  source: 'server' | 'token' | 'ticket' | 'socket';
  message: string;
  /** Of an `error` frame. */
  code?: string;
  /** What was thrown. */
  cause?: unknown;
}

/** What every connection tells of. */
export interface CommonFrames {
  state: ConnectionState;
  /** Each time that it is connected. */
  welcome: WelcomeFrame;
  /** Something may have been missed: fetch anew over HTTP what is on show. */
  refetch: WelcomeFrame;
  error: ConnectionFault;
}

export interface NotificationFrames extends CommonFrames {
  notification: NotificationFrame;
  inbox: InboxFrame;
  /** Those of one type. */
  [name: `notification:${string}`]: NotificationFrame;
}

export interface OrgFrames extends CommonFrames {
  event: EventFrame;
  presence: PresenceFrame;
  /** Those of one type. */
  [name: `event:${string}`]: EventFrame;
}

/** What a listener of this name is given. */
export type Heard<F, N extends keyof F> = N extends `event:${infer T}`
  ? EventFrame<T>
  : N extends `notification:${infer T}`
    ? NotificationFrame<T>
    : F[N];

/** What the connection is there for: notifications, or events. */
export type MainName<F> = keyof F & ('notification' | 'event');

/** A connection that stays: it connects anew whenever the link is lost, and resumes where it was. */
export interface Connection<F extends CommonFrames> extends AsyncIterable<F[MainName<F>]> {
  /** The same object until something changes. */
  readonly state: ConnectionState;
  /**
   * Calls a listener each time, until the returned function is called or the signal aborted. One that throws is reported and
   * disturbs nobody else.
   */
  on<N extends keyof F>(
    name: N,
    listener: (value: Heard<F, N>) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
  /** All from now on, one after the other; ends when the connection is closed for good, or the signal aborted. */
  iterate<N extends keyof F = MainName<F>>(
    name?: N,
    options?: { signal?: AbortSignal },
  ): AsyncIterableIterator<Heard<F, N>>;
  /** Connects now: instead of waiting, or anew. Does nothing once it is closed. */
  reconnect(): void;
  /** Ends it for good. */
  close(): void;
}

export type TokenReason = 'connect' | 'expiring' | 'refused';

export interface TokenRequest {
  reason: TokenReason;
  signal: AbortSignal;
}

export interface ClientOptions {
  url?: string | URL;
  getToken: (request: TokenRequest) => string | Promise<string>;
  credential?: 'subprotocol' | 'ticket' | 'query';
  signal?: AbortSignal;
  cursor?: string;
}
