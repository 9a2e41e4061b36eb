import { delayAfter, UNAUTHORIZED } from './back-off.js';
import type { CommonFrames, Connection, ConnectionFault, ConnectionState, Heard, MainName } from './connection.js';
import type { RefreshedFrame, WelcomeFrame } from './frames.js';
import { Iteration } from './iteration.js';
import { type AnyFrame, Link, type LinkOwner } from './link.js';
import { Listeners } from './listeners.js';
import { openingOf, serverOf, TokenRefused } from './opening.js';
import type { ClientOptions, TokenReason } from './options.js';
import { isOffline, type PageOwner, watchPage } from './page.js';
import { Renewal } from './renewal.js';
import { after } from './timer.js';

const PING_INTERVAL_MS = 25_000;
const ANSWER_TIMEOUT_MS = 10_000;
/** A link that has lasted this long was a good one: what failed before is forgotten. */
const HELD_MS = 10_000;
/** How many cursors are remembered, so that a frame that comes again is known. More than the server replays by default. */
const REMEMBERED = 1_000;

/** What a link has, and nothing else may show. */
const UNLINKED = { connectionId: undefined, expiresAt: undefined, latency: undefined, retryAt: undefined };

/** What is read of a frame of the channel to tell it on. */
interface ChannelFrame extends AnyFrame {
  event_type?: string;
  notification?: { type?: string };
}

/** Which endpoint of the server, and what it asks of it. */
export interface Endpoint<F> {
  path: string;
  query: Record<string, string | undefined>;
  mainName: MainName<F>;
}

/** Keeps an endpoint connected, one link after the other, and tells what comes. */
export class LiveConnection<F extends CommonFrames> implements Connection<F>, LinkOwner, PageOwner {
  state: ConnectionState;
  private readonly server: string;
  private readonly Socket: NonNullable<ClientOptions['WebSocket']>;
  private readonly listeners = new Listeners();
  private readonly seen = new Set<string>();
  /** Aborted at the end. */
  private readonly life = new AbortController();
  /** Of the attempt, or the link that it has led to; aborted when it is over. */
  private attempt = new AbortController();
  private link: Link | undefined;
  private readonly renewal = new Renewal(() => this.renew());
  private cancelRetry = (): void => undefined;
  private connectedAt = Infinity;
  private hasConnected = false;
  private failures = 0;
  private tokenReason: TokenReason = 'connect';
  /** Whether a token was refused since a link has held. */
  private isRenewed = false;

  constructor(
    private readonly endpoint: Endpoint<F>,
    private readonly options: ClientOptions,
  ) {
    const { signal, cursor, WebSocket: open = (globalThis as Pick<ClientOptions, 'WebSocket'>).WebSocket } = options;
    this.server = serverOf(options.url);
    if (open === undefined) throw new TypeError('WebSocket takes a constructor, as that of ws: this platform has none');
    this.Socket = open;
    this.state = Object.freeze({ status: 'connecting', reconnects: 0, cursor });
    watchPage(this, this.life.signal);
    if (signal?.aborted) this.close();
    signal?.addEventListener('abort', () => this.close(), { signal: this.life.signal });
    // Whoever has made it must have the time to listen.
    queueMicrotask(() => this.proceed());
  }

  on<N extends keyof F>(
    name: N,
    listener: (value: Heard<F, N>) => void,
    options?: { signal?: AbortSignal },
  ): () => void {
    return this.listeners.add(name, listener, options?.signal);
  }

  iterate<N extends keyof F = MainName<F>>(
    name?: N,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncIterableIterator<Heard<F, N>> {
    const ends = new AbortController();
    const iteration = new Iteration<Heard<F, N>>(() => ends.abort());
    const end = (): void => iteration.end();
    this.listeners.add(name ?? this.endpoint.mainName, (value) => iteration.push(value), ends.signal);
    this.life.signal.addEventListener('abort', end, { signal: ends.signal });
    signal?.addEventListener('abort', end, { signal: ends.signal });
    if (signal?.aborted || this.isClosed) end();
    return iteration;
  }

  [Symbol.asyncIterator](): AsyncIterator<F[MainName<F>]> {
    // The name alone decides what a listener hears.
    return this.iterate() as AsyncIterator<F[MainName<F>]>;
  }

  reconnect(): void {
    if (!this.isClosed) void this.connect();
  }

  close(): void {
    this.finish(1000, 'closed');
  }

  onOnline(): void {
    if (this.state.status === 'offline') void this.connect();
  }

  onOffline(): void {
    this.leave();
    this.set({ ...UNLINKED, status: 'offline' });
  }

  onVisible(): void {
    if (this.state.status === 'connected') this.link?.ping();
  }

  onLatency(milliseconds: number): void {
    this.set({ latency: Math.round(milliseconds) });
  }

  onFrame(frame: AnyFrame): void {
    // What the types say of frames is the server's contract.
    if (frame.type === 'connection.established') this.onWelcome(frame as WelcomeFrame);
    else if (frame.type === 'auth.refreshed') this.onExpiry((frame as RefreshedFrame).expires_at);
    else if (frame.type === 'error') this.tellFault('server', frame);
    else if (this.isNew(frame)) this.tellFrame(frame);
  }

  onEnd(code: number, reason: string): void {
    this.leave();
    if (performance.now() - this.connectedAt >= HELD_MS) {
      this.failures = 0;
      this.isRenewed = false;
    }
    this.connectedAt = Infinity;
    const delay = delayAfter({ code, failures: this.failures, isRenewed: this.isRenewed });
    this.failures += 1;
    if (code === UNAUTHORIZED) {
      this.tokenReason = 'refused';
      this.isRenewed = true;
    }
    if (delay === null) this.finish(code, reason);
    else this.proceed(delay, { ...UNLINKED, closed: { code, reason } });
  }

  private get isClosed(): boolean {
    return this.life.signal.aborted;
  }

  /** Connects after a time, if there is a network. */
  private proceed(delay = 0, change: Partial<ConnectionState> = {}): void {
    if (this.isClosed) return;
    if (isOffline()) {
      this.set({ ...change, status: 'offline' });
    } else if (delay === 0) {
      void this.connect(change);
    } else {
      this.set({ ...change, status: 'waiting', retryAt: Date.now() + delay });
      this.cancelRetry = after(delay, () => this.proceed(), true);
    }
  }

  /** Never rejects. */
  private async connect(change: Partial<ConnectionState> = {}): Promise<void> {
    this.leave();
    const { signal } = this.attempt;
    this.set({ ...UNLINKED, ...change, status: 'connecting' });
    let source: ConnectionFault['source'] = 'token';
    try {
      const token = await this.options.getToken({ reason: this.tokenReason, signal });
      signal.throwIfAborted();
      if (this.options.credential === 'ticket') source = 'ticket';
      const query = { ...this.endpoint.query, cursor: this.state.cursor };
      const { credential } = this.options;
      const opening = await openingOf(this.server, this.endpoint.path, query, token, { credential, signal });
      signal.throwIfAborted();
      source = 'socket';
      const { pingInterval = PING_INTERVAL_MS, answerTimeout = ANSWER_TIMEOUT_MS } = this.options;
      this.link = new Link(new this.Socket(opening.url, opening.protocols), { pingInterval, answerTimeout }, this);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof TokenRefused) {
        this.onEnd(UNAUTHORIZED, 'token_refused');
      } else {
        this.tellFault(source, error);
        this.onEnd(1006, source);
      }
    }
  }

  private async renew(): Promise<void> {
    const { signal } = this.attempt;
    try {
      const token = await this.options.getToken({ reason: 'expiring', signal });
      if (!signal.aborted) this.link?.send({ type: 'auth', token });
    } catch (error) {
      if (signal.aborted) return;
      this.tellFault('token', error);
      throw error;
    }
  }

  private onWelcome(frame: WelcomeFrame): void {
    this.connectedAt = performance.now();
    this.tokenReason = 'connect';
    this.renewal.schedule(frame.expires_at);
    this.link?.ping();
    const { reconnects } = this.state;
    this.set({
      status: 'connected',
      connectionId: frame.connection_id,
      userId: frame.user_id,
      expiresAt: frame.expires_at,
      reconnects: this.hasConnected ? reconnects + 1 : reconnects,
      // With what was missed still to come, it is not there yet.
      cursor: frame.resumed === true ? this.state.cursor : frame.cursor,
    });
    this.hasConnected = true;
    this.listeners.tell('welcome', frame);
    if (frame.resumed === false) this.listeners.tell('refetch', frame);
  }

  private onExpiry(expiresAt: string): void {
    this.renewal.schedule(expiresAt);
    this.set({ expiresAt });
  }

  /** Whether a frame has not come before; and goes on to its place. */
  private isNew({ cursor }: AnyFrame): boolean {
    // Notifications for everybody carry the cursor of the frame before.
    if (cursor === undefined || cursor === this.state.cursor) return true;
    if (this.seen.has(cursor)) return false;
    this.seen.add(cursor);
    for (const oldest of this.seen) if (this.seen.size > REMEMBERED) this.seen.delete(oldest);
    this.set({ cursor });
    return true;
  }

  private tellFrame(frame: ChannelFrame): void {
    const { type } = frame;
    if (!/^(notification|inbox|event|presence)$/.test(type)) return;
    this.listeners.tell(type, frame);
    const subtype = frame.event_type ?? frame.notification?.type;
    if (subtype !== undefined) this.listeners.tell(`${type}:${subtype}`, frame);
  }

  private tellFault(source: ConnectionFault['source'], cause: unknown): void {
    const { message = String(cause), code } = Object(cause) as { message?: string; code?: string };
    const fault: ConnectionFault = { source, message, code, cause };
    this.listeners.tell('error', fault);
  }

  /** Gives up the attempt, the link, and what was to follow. */
  private leave(): void {
    this.attempt.abort();
    this.attempt = new AbortController();
    this.cancelRetry();
    this.renewal.cancel();
    this.link?.drop();
    this.link = undefined;
  }

  private finish(code: number, reason: string): void {
    if (this.isClosed) return;
    this.leave();
    this.life.abort();
    this.set({ ...UNLINKED, status: 'closed', closed: { code, reason } });
    this.listeners.clear();
  }

  private set(change: Partial<ConnectionState>): void {
    this.state = Object.freeze({ ...this.state, ...change });
    this.listeners.tell('state', this.state);
  }
}
