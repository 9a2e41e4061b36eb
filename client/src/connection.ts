import type { EventFrame, InboxFrame, NotificationFrame, PresenceFrame, WelcomeFrame } from './frames.js';

/** Where a connection stands. A snapshot: it never changes, and another takes its place. */
export interface ConnectionState {
  /**
   * `waiting`: to connect anew, at `retryAt`. `offline`: the same, and the browser says that there is no network. `closed`: for
   * good, by the page or by the server.
   */
  readonly status: 'connecting' | 'connected' | 'waiting' | 'offline' | 'closed';
  /** While connected, unless tabs share the connection: then it is no tab's own. */
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
  /** While waiting or offline: milliseconds since 1970. */
  readonly retryAt?: number;
  /** How the last link ended. */
  readonly closed?: { readonly code: number; readonly reason: string };
}

/** Something that went wrong and does not end the connection. */
export interface ConnectionFault {
  /**
   * `server`: an `error` frame. `token`: it could not be had, or the server refuses one after the other. `ticket`: it could not be
   * had. `socket`: the platform does not allow the connection, or one attempt after the other fails.
   */
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
