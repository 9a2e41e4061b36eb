import { v7 as uuidv7 } from 'uuid';
import type { Principal } from './principal.js';
import type { TokenVerifier } from './token-verifier.js';
import type { Tally } from '../realtime-metrics.js';
import type { ConnectionLimits } from '../settings.js';
import { formatCursor, type Position } from '../broker/cursor.js';
import { errorMessage, readMessage } from './client-message.js';
import { CLOSE, type Close, ConnectionRefusedError } from './close-code.js';
import type { ConnectionLog } from './connection-log.js';
import { echoKey } from './echo-key.js';
import { encodePongFrame } from './frame.js';
import { Frames } from './frames.js';
import type { Admitted, Peer } from './admission.js';
import { Outbound } from './outbound.js';
import { RateLimit } from './rate-limit.js';
import { Session } from './session.js';
import type { Sending } from './sending.js';
import type { Transport, TransportKind } from './transport.js';

/** Where a connection begins: messages after `position` arrive live. */
export interface Start {
  position: Position;
  /** Null if the client did not ask to resume. */
  resumed: boolean | null;
  /** The messages that the client has missed, up to `position`. They are read while being sent, which may fail. */
  missed: AsyncIterable<Buffer> | readonly Buffer[];
}

/** Shared by all connections of a process. */
export interface ConnectionContext {
  limits: ConnectionLimits;
  log: ConnectionLog;
  verifier: TokenVerifier;
  sending: Sending;
  tally: Tally;
}

/**
 * One admitted client. It sends the client its channel's publications and answers the client's messages. It closes when
 * the token expires, when the client exceeds the rate limit, or when the client reads too slowly.
 */
export class Connection {
  readonly id = uuidv7();
  readonly connectedAt = new Date();
  readonly remoteAddress: string;
  readonly memberSince: Date | null;
  /** When the peer was last heard from, and when it was last pinged; milliseconds of the monotonic clock. */
  lastSeenAt = performance.now();
  lastPingAt: number;
  /** Whether it has been welcomed and is not closed. Set by `Connections`. */
  isLive = false;
  private readonly outbound: Outbound;
  private isClosing = false;
  private isWelcomed = false;
  private isPongDue = false;
  /** Made with the first frame: most clients only listen. */
  private rateLimit: RateLimit | null = null;
  private readonly session: Session;

  /** @param transport open, and not read from until `welcome` */
  constructor(
    private readonly transport: Transport,
    peer: Peer,
    readonly admission: Admitted,
    /** When its admission began: milliseconds, by the database's clock. */
    readonly admittedAt: number,
    private readonly context: ConnectionContext,
  ) {
    const { limits, sending, tally } = context;
    this.remoteAddress = peer.remoteAddress;
    this.memberSince = peer.memberSince;
    // Random, or clients that connect together, as after a restart, would be pinged together for ever.
    this.lastPingAt = this.lastSeenAt - Math.random() * limits.heartbeatIntervalMs;
    this.outbound = new Outbound(transport.sink, limits.maxBufferedBytes, this, sending, tally, transport.kind);
    this.session = new Session(peer.principal, context.verifier, (close) => this.close(close));
  }

  get principal(): Principal {
    return this.session.principal;
  }

  get isOpen(): boolean {
    return !this.isClosing && this.transport.isOpen;
  }

  /**
   * Whether a message was caused by this connection's own call. Nearly all others differ in the id already, and cost no
   * hash.
   * @param except the echo key in the message
   */
  caused(except: string): boolean {
    return except.startsWith(this.id) && except === echoKey(this.id, this.principal.userId);
  }

  get transportKind(): TransportKind {
    return this.transport.kind;
  }

  /** How many frames the client was sent. */
  get sent(): number {
    return this.outbound.sent;
  }

  get sentBytes(): number {
    return this.outbound.sentBytes;
  }

  /** Bytes waiting to be sent. */
  get bufferedBytes(): number {
    return this.outbound.bytes;
  }

  /** Sends a publication of the channel to the client, or holds it back until the connection is live. Never throws. */
  deliver(position: Position, former: Position | null, frames: Frames): void {
    this.outbound.deliver(position, former, frames.for(this.transport.kind));
  }

  /** See `Outbound.startAt`. */
  startAt(position: Position): void {
    this.outbound.startAt(position);
  }

  streamLost(isOfRest: (position: Position) => boolean): void {
    this.outbound.streamLost(isOfRest);
  }

  /** Sends the client a frame that is not part of its channel's stream. Never throws. */
  show(frames: Frames): void {
    this.outbound.show(frames.for(this.transport.kind));
  }

  /**
   * Sends the client a message that is not part of its channel's stream, with the unchanged cursor, so that the client
   * can resume from it. Never throws.
   * @param text the JSON of an object
   */
  announce(text: string): void {
    this.outbound.announce(text);
  }

  /** Sends the welcome, then what the client has missed, as fast as it reads, and goes live. */
  async welcome(start: Start): Promise<void> {
    if (!this.isOpen) return;
    const { position, resumed, missed } = start;
    const cursor = formatCursor(position);
    const welcome = {
      type: 'connection.established',
      message: `Connected to ${this.admission.endpoint}`,
      ...this.admission.welcome,
      user_id: this.principal.userId,
      connection_id: this.id,
      expires_at: this.principal.expiresAt.toISOString(),
      timestamp: new Date().toISOString(),
      transport: this.transport.kind,
      heartbeat_interval: this.context.limits.heartbeatIntervalMs / 1_000,
      // Last where the client is there already, as in every message: see `cursorOf`.
      ...(resumed === true ? { cursor, resumed } : { ...(resumed === false && { resumed }), cursor }),
    };
    this.isWelcomed = true;
    this.transport.listen({
      message: (data, isBinary) => this.onMessage(data, isBinary),
      ping: (data) => this.onPing(data),
      pong: () => this.onPong(),
      violated: (close) => this.onViolation(close),
    });
    this.outbound.send(JSON.stringify(welcome));
    if (!(await this.replay(missed))) return;
    this.outbound.goLive();
    this.transport.resume?.();
  }

  /** Resolves with false if the connection ended before everything was sent. Never rejects. */
  private async replay(missed: Start['missed']): Promise<boolean> {
    try {
      for await (const payload of missed) {
        if (!(await this.outbound.replay(new Frames(payload).for(this.transport.kind)))) return false;
        // The socket is paused, so pongs don't arrive; but a client that takes what it is sent is alive.
        this.lastSeenAt = performance.now();
      }
      return this.isOpen;
    } catch (error) {
      // The rest can't be read. The client reconnects with the cursor of the last message.
      this.close(error instanceof ConnectionRefusedError ? error.close : CLOSE.unavailable);
      return false;
    }
  }

  /** Pings the peer. */
  ping(): void {
    // Nothing comes before the welcome.
    if (!this.isWelcomed) return;
    this.lastPingAt = performance.now();
    if (!this.isOpen) return;
    this.isPongDue = true;
    this.transport.ping();
  }

  /** Tells the client why, and closes the connection. */
  close(close: Close): void {
    if (!this.isOpen) return;
    this.outbound.flush();
    this.isClosing = true;
    this.outbound.discard();
    this.context.log.closed(close, this);
    this.transport.close(close);
  }

  /** Drops the connection of a silent peer, without a close frame. */
  terminate(): void {
    if (this.isOpen) this.context.log.closed(CLOSE.silent, this);
    this.isClosing = true;
    this.transport.terminate();
  }

  /** Called when the transport is closed. */
  ended(): void {
    this.session.stop();
  }

  /** Whether its token has expired, at a time in milliseconds since the Unix epoch. */
  hasExpired(time: number): boolean {
    return this.session.hasExpired(time);
  }

  /** Called by `Outbound` when the client falls behind. */
  onTooSlow(): void {
    this.close(CLOSE.tooSlow);
  }

  private onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.admitFrame()) return;
    const reading = readMessage(data, isBinary);
    if ('answer' in reading) this.outbound.send(reading.answer);
    else void this.renew(reading.token);
  }

  private async renew(token: string): Promise<void> {
    const principal = await this.session.renew(token);
    if (principal === null || !this.isOpen) return;
    this.outbound.send(JSON.stringify({ type: 'auth.refreshed', expires_at: principal.expiresAt.toISOString() }));
  }

  private onPing(data: Buffer): void {
    if (this.admitFrame()) this.outbound.write(encodePongFrame(data));
  }

  /** One pong for each ping of ours is free; unsolicited pongs count like any other frame. */
  private onPong(): void {
    if (!this.isPongDue) {
      this.admitFrame();
      return;
    }
    this.isPongDue = false;
    this.lastSeenAt = performance.now();
  }

  /** The peer violated the protocol or one of its limits: the transport has already closed the connection. */
  private onViolation(close: Close): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.outbound.discard();
    this.context.log.closed(close, this);
  }

  /** Counts an inbound frame against the rate limit; false if it must be dropped. */
  private admitFrame(): boolean {
    if (!this.isOpen) return false;
    this.lastSeenAt = performance.now();
    const { rateLimitPerSecond, rateLimitBurst } = this.context.limits;
    this.rateLimit ??= new RateLimit(rateLimitPerSecond, rateLimitBurst);
    const verdict = this.rateLimit.take();
    if (verdict === 'pass') return true;
    this.context.log.dropped(verdict, this);
    if (verdict === 'drop-and-tell' || verdict === 'tell-and-close') this.outbound.send(errorMessage('rate_limited'));
    if (verdict === 'close' || verdict === 'tell-and-close') this.close(CLOSE.tooManyMessages);
    return false;
  }
}
