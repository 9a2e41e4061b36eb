import type { OrgEvents } from './catalogue.js';
import type { EventFrame, InboxFrame, NotificationFrame, PresenceFrame, WelcomeFrame } from './frames.js';

/** An immutable snapshot of a connection; every change replaces it. */
export interface ConnectionState {
  /**
   * `waiting`: reconnects at `retryAt`. `offline`: the same, while the browser reports no network. `closed`: for good, by the page
   * or by the server.
   */
  readonly status: 'connecting' | 'connected' | 'waiting' | 'offline' | 'closed';
  /** While connected, unless tabs share the connection. */
  readonly connectionId?: string;
  readonly userId?: string;
  /** What the last welcome came over: `sse` for server-sent events. */
  readonly transport?: 'websocket' | 'sse';
  /** When the connection's token expires: ISO 8601. While connected. */
  readonly expiresAt?: string;
  /** The client has received every frame up to here. */
  readonly cursor?: string;
  readonly reconnects: number;
  /** Round trip of the last ping, in milliseconds. While connected. */
  readonly latency?: number;
  /** While waiting or offline: milliseconds since 1970. */
  readonly retryAt?: number;
  /** How the last link ended. */
  readonly closed?: { readonly code: number; readonly reason: string };
}

/** A failure that does not end the connection. */
export interface ConnectionFault {
  /**
   * `server`: an `error` frame. `token`: `getToken` failed. `ticket`: no ticket could be obtained. `socket`: the platform does not
   * allow the connection, or attempts keep failing.
   */
  source: 'server' | 'token' | 'ticket' | 'socket';
  message: string;
  /** From an `error` frame. */
  code?: string;
  /** What was thrown. */
  cause?: unknown;
}

/** The names that listeners of any connection can use, and what they receive. */
export interface CommonFrames {
  state: ConnectionState;
  /** Sent on each connect. */
  welcome: WelcomeFrame;
  /** Something may have been missed: fetch what you show again over HTTP. */
  refetch: WelcomeFrame;
  error: ConnectionFault;
}

export interface NotificationFrames extends CommonFrames {
  notification: NotificationFrame;
  inbox: InboxFrame;
  /** Only one type. */
  [name: `notification:${string}`]: NotificationFrame;
}

/**
 * The frames of a channel with events. An application extends it with its own types:
 * `'event:project.archived': EventFrame & { data: { project_id: string } }`.
 */
export interface EventFrames extends CommonFrames {
  event: EventFrame;
  /** Only one type. */
  [name: `event:${string}`]: EventFrame;
}

export interface OrgFrames extends EventFrames {
  presence: PresenceFrame;
}

/** What a listener of this name receives. */
export type Heard<F, N extends keyof F> = N extends `event:${infer T extends keyof OrgEvents}`
  ? EventFrame<T>
  : N extends `notification:${infer T}`
    ? NotificationFrame<T>
    : F[N];

/** The name that iterating over a connection yields: `notification` or `event`. */
export type MainName<F> = keyof F & ('notification' | 'event');

/** A connection that reconnects whenever the link is lost, and resumes where it was. */
export interface Connection<F extends CommonFrames> extends AsyncIterable<F[MainName<F>]> {
  /** The same object until something changes. */
  readonly state: ConnectionState;
  /**
   * Calls the listener each time, until the returned function is called or the signal aborts. If it throws, the error is reported
   * and the other listeners are still called.
   */
  on<N extends keyof F>(
    name: N,
    listener: (value: Heard<F, N>) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
  /** Yields everything from now on; ends when the connection is closed for good or the signal aborts. */
  iterate<N extends keyof F = MainName<F>>(
    name?: N,
    options?: { signal?: AbortSignal },
  ): AsyncIterableIterator<Heard<F, N>>;
  /** Connects or reconnects now, without waiting. Does nothing once the connection is closed. */
  reconnect(): void;
  /** Closes the connection for good. */
  close(): void;
}
