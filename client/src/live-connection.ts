import { BackOff, UNAUTHORIZED } from './back-off.js';
import { type ChannelFrame, namesOf } from './channel-frame.js';
import type { CommonFrames, Connection, ConnectionFault, ConnectionState, Heard, MainName } from './connection.js';
import { Dialer, type Endpoint, TokenRefused } from './dialer.js';
import type { RefreshedFrame, WelcomeFrame } from './frames.js';
import { Iteration } from './iteration.js';
import { type AnyFrame, Link, type LinkOwner, type LinkTimes } from './link.js';
import { Listeners } from './listeners.js';
import type { ClientOptions, TokenReason } from './options.js';
import { isOffline, type PageOwner, watchPage } from './page.js';
import { Renewal } from './renewal.js';
import { SeenCursors } from './seen-cursors.js';
import { after } from './timer.js';

const PING_INTERVAL_MS = 25_000;
const ANSWER_TIMEOUT_MS = 10_000;
/** Retry interval while the browser reports no network: it may be wrong, as on some virtual networks. */
const OFFLINE_MS = 5_000;

/** Fields that hold for one status only, cleared when the status changes. */
const UNLINKED = { connectionId: undefined, expiresAt: undefined, latency: undefined, retryAt: undefined };

/** Keeps an endpoint connected over successive links, and passes frames to listeners. */
export class LiveConnection<F extends CommonFrames> implements Connection<F>, LinkOwner, PageOwner {
  state: ConnectionState;
  private readonly times: LinkTimes;
  private readonly dialer: Dialer;
  private readonly listeners = new Listeners();
  private readonly seen = new SeenCursors();
  private readonly backOff = new BackOff();
  private readonly renewal = new Renewal(() => this.renew());
  /** Aborts when the connection is closed for good. */
  private readonly life = new AbortController();
  /** Aborts when the current attempt, or the link it opened, is over. */
  private attempt = new AbortController();
  private link: Link | undefined;
  private tokenReason: TokenReason = 'connect';
  /** Attempts in a row that ended before a welcome. */
  private failures = 0;
  private cancelRetry = (): void => undefined;

  constructor(
    endpoint: Endpoint,
    private readonly mainName: MainName<F>,
    options: ClientOptions,
  ) {
    const { cursor, signal, pingInterval = PING_INTERVAL_MS, answerTimeout = ANSWER_TIMEOUT_MS } = options;
    this.times = { pingInterval, answerTimeout };
    // The same time that a link has to be admitted.
    this.dialer = new Dialer(endpoint, options, 2 * answerTimeout);
    this.state = Object.freeze({ status: 'connecting', reconnects: 0, cursor });
    watchPage(this, this.life.signal);
    // Deferred, so that the caller can add listeners first.
    this.cancelRetry = after(0, () => this.proceed(), true);
    signal?.addEventListener('abort', () => this.close(), { signal: this.life.signal });
    if (signal?.aborted) this.close();
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
    this.listeners.add(name ?? this.mainName, (value) => iteration.push(value), ends.signal);
    this.life.signal.addEventListener('abort', end, { signal: ends.signal });
    signal?.addEventListener('abort', end, { signal: ends.signal });
    if (signal?.aborted || this.isClosed) end();
    return iteration;
  }

  [Symbol.asyncIterator](): AsyncIterator<F[MainName<F>]> {
    // The name alone decides what a listener receives; TypeScript can't see that.
    return this.iterate() as AsyncIterator<F[MainName<F>]>;
  }

  reconnect(): void {
    if (!this.isClosed) void this.connect();
  }

  close(): void {
    this.finish({ closed: { code: 1000, reason: 'closed' } });
  }

  onNetwork(): void {
    if (isOffline() || this.state.status === 'offline') this.proceed();
  }

  onVisible(): void {
    if (this.state.status === 'connected') this.link?.ping();
  }

  onLatency(milliseconds: number): void {
    this.set({ latency: Math.round(milliseconds) });
  }

  onFrame(frame: AnyFrame): void {
    // The casts trust the server's contract.
    if (frame.type === 'connection.established') this.onWelcome(frame as WelcomeFrame);
    else if (frame.type === 'auth.refreshed') this.onExpiry((frame as RefreshedFrame).expires_at);
    else if (frame.type === 'error') this.tellFault(frame);
    else if (this.isNew(frame)) for (const name of namesOf(frame)) this.listeners.tell(name, frame);
  }

  onEnd(code: number, reason: string): void {
    if (code === UNAUTHORIZED) this.tokenReason = 'refused';
    this.retry(code, { closed: { code, reason } });
    // A single failure is normal: the server restarts, or the token has expired.
    if (this.failures === 2) {
      const why = reason || 'unreachable, or refused the Origin, path or token size';
      this.tellFault({ source: 'socket', message: `Could not connect: ${code} ${why}` });
    }
  }

  private get isClosed(): boolean {
    return this.life.signal.aborted;
  }

  private retry(code: number, change?: Partial<ConnectionState>): void {
    if (this.state.status === 'connecting') this.failures += 1;
    const delay = this.backOff.delayAfter(code);
    if (delay === null) this.finish(change);
    else this.proceed(delay, change);
  }

  /** Connects after a delay, which is longer while the browser reports no network. */
  private proceed(delay = 0, change?: Partial<ConnectionState>): void {
    const least = isOffline() ? OFFLINE_MS : 0;
    const wait = Math.max(delay, least);
    if (wait === 0) {
      void this.connect(change);
    } else {
      this.leave();
      this.cancelRetry = after(wait, () => void this.connect(), true);
      this.set({ ...change, status: least ? 'offline' : 'waiting', retryAt: Date.now() + wait });
    }
  }

  /** Never rejects. */
  private async connect(change?: Partial<ConnectionState>): Promise<void> {
    this.leave();
    const { signal } = this.attempt;
    this.set({ ...change, status: 'connecting' });
    try {
      const opening = await this.dialer.prepare(this.tokenReason, this.state.cursor, signal, this.failures);
      signal.throwIfAborted();
      this.link = new Link(this.dialer.open(opening), this.times, this);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof TokenRefused) {
        this.onEnd(UNAUTHORIZED, 'token_invalid');
      } else {
        this.retry(1006);
        this.tellFault(error);
      }
    }
  }

  private async renew(): Promise<void> {
    const { signal } = this.attempt;
    try {
      const token = await this.dialer.token('expiring', signal);
      if (!signal.aborted) this.link?.send({ type: 'auth', token });
    } catch (error) {
      if (!signal.aborted) this.tellFault(error);
      // The error listener may have closed the connection.
      if (!signal.aborted) throw error;
    }
  }

  private onWelcome(frame: WelcomeFrame): void {
    this.backOff.connected();
    this.tokenReason = 'connect';
    this.failures = 0;
    this.renewal.schedule(frame.expires_at, frame.timestamp);
    this.link?.ping();
    const { cursor, reconnects, userId } = this.state;
    this.set({
      status: 'connected',
      connectionId: frame.connection_id,
      userId: frame.user_id,
      expiresAt: frame.expires_at,
      transport: frame.transport,
      reconnects: userId === undefined ? reconnects : reconnects + 1,
      // When resuming, the missed frames still follow: the client is not at the welcome's cursor yet.
      cursor: frame.resumed === true ? cursor : frame.cursor,
    });
    this.listeners.tell('welcome', frame);
    if (frame.resumed === false) this.listeners.tell('refetch', frame);
  }

  private onExpiry(expiresAt: string): void {
    this.renewal.schedule(expiresAt);
    this.set({ expiresAt });
  }

  /** Whether the frame is new; if so, moves the cursor to it. */
  private isNew({ type, cursor, notification }: ChannelFrame): boolean {
    if (cursor === undefined) return true;
    // A notification to everyone repeats the cursor of the frame before, and has no id.
    if (cursor === this.state.cursor) return type === 'notification' && notification?.id === undefined;
    if (this.seen.add(cursor)) return false;
    this.set({ cursor });
    return true;
  }

  /** @param fault an `error` frame or a thrown error; both have these fields */
  private tellFault(fault: unknown): void {
    const { source = 'server', message, code, cause } = fault as Partial<ConnectionFault> & { message: string };
    this.listeners.tell('error', { source, message, code, cause });
  }

  /** Drops the attempt, the link, and any scheduled retry or renewal. */
  private leave(): void {
    this.attempt.abort();
    this.attempt = new AbortController();
    this.cancelRetry();
    this.renewal.cancel();
    this.link?.drop();
    this.link = undefined;
  }

  private finish(change?: Partial<ConnectionState>): void {
    if (this.isClosed) return;
    this.leave();
    this.life.abort();
    this.set({ ...change, status: 'closed' });
    this.listeners.clear();
  }

  private set(change: Partial<ConnectionState>): void {
    this.state = Object.freeze({ ...this.state, ...(change.status && UNLINKED), ...change });
    this.listeners.tell('state', this.state);
  }
}
