import type { Duplex } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import type { WebSocket } from 'ws';
import type { Principal } from '../../auth/principal.js';
import type { TokenVerifier } from '../../auth/token-verifier.js';
import type { WebSocketSettings } from '../../config/environment.js';
import type { Position } from '../broker/cursor.js';
import { comparePositions, formatCursor } from '../broker/cursor.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import { errorFrame, readMessage } from './client-message.js';
import { CLOSE, type Close } from './close-code.js';
import { Deadline } from './deadline.js';
import { echoKey } from './echo-key.js';
import { encodePongFrame, encodeTextFrame } from './frame.js';
import type { GuardedGateway } from './gateway-registry.js';
import type { Admission, Handshake } from './handshake.js';
import type { Start } from './join.js';
import { RateLimit } from './rate-limit.js';
import { closeForToken } from './token-close.js';

/** How long after a token's `exp` its connection lives on: the clock skew that is allowed at the door as well. */
const EXPIRY_SKEW_MS = 5_000;

/** What all connections of a process share. */
export interface ConnectionContext {
  settings: WebSocketSettings;
  metrics: RealtimeMetrics;
  verifier: TokenVerifier;
}

/**
 * One admitted client. It holds back what its channel publishes until the welcome is sent, answers the client's messages,
 * and ends with its token, when the client floods it, or when the client doesn't keep up.
 */
export class Connection {
  readonly id = uuidv7();
  readonly connectedAt = new Date();
  principal: Principal;
  readonly remoteAddress: string;
  readonly memberSince: Date | null;
  /** When the peer last showed a sign of life, and when it was last asked for one; milliseconds of the monotonic clock. */
  lastSeenAt = performance.now();
  lastPingAt = this.lastSeenAt;
  /** When its gateway is to be asked again whether it would admit it; milliseconds of the monotonic clock. */
  recheckAt = Infinity;
  /** How many frames the client was sent. */
  sent = 0;
  private held: (() => void)[] | null = [];
  private heldBytes = 0;
  private knownEchoKey: string | null = null;
  /** The cursor that the client was last given. */
  private position: Position | null = null;
  /** Up to where the client has had everything from history, while that is further than this process has received. */
  private had: Position | null = null;
  private isClosing = false;
  /** Whether the peer was asked for a pong that has not come. */
  private isPongDue = false;
  private readonly rateLimit: RateLimit;
  private expiry: Deadline;

  /**
   * @param ws open, and paused until `welcome`
   * @param socket what `ws` runs on: finished frames are written to it directly
   */
  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Duplex,
    handshake: Handshake,
    /** That has admitted it. */
    readonly gateway: GuardedGateway,
    readonly admission: Admission,
    private readonly context: ConnectionContext,
  ) {
    const { settings } = context;
    this.principal = handshake.principal;
    this.remoteAddress = handshake.remoteAddress;
    this.memberSince = handshake.memberSince;
    this.rateLimit = new RateLimit(settings.rateLimitPerSecond, settings.rateLimitBurst);
    this.expiry = this.expireWith(this.principal);
    ws.on('message', (data, isBinary) => this.onMessage(data as Buffer, isBinary)); // `nodebuffer` is ws's default binaryType
    ws.on('ping', (data) => this.onPing(data));
    ws.on('pong', () => this.onPong());
    ws.once('close', () => this.expiry.cancel());
  }

  get isOpen(): boolean {
    return !this.isClosing && this.ws.readyState === this.ws.OPEN;
  }

  /** Recognises it in what its own calls have caused. */
  get echoKey(): string {
    this.knownEchoKey ??= echoKey(this.id, this.principal.userId);
    return this.knownEchoKey;
  }

  /** What the client is owed. */
  get bufferedBytes(): number {
    return this.heldBytes + this.socket.writableLength;
  }

  /** Hands a publication of the channel to the client, or holds it back while the welcome isn't sent. Never throws. */
  deliver(position: Position, frame: Buffer): void {
    if (!this.isOpen) return;
    if (this.held !== null) {
      this.hold(frame.length, () => this.deliver(position, frame));
    } else if (!this.hasHad(position)) {
      this.position = position;
      this.write(frame);
    }
  }

  /** Sends the client a frame that has no place in its channel. Never throws. */
  show(frame: Buffer): void {
    if (!this.isOpen) return;
    if (this.held !== null) this.hold(frame.length, () => this.show(frame));
    else this.write(frame);
  }

  /**
   * Tells the client something that is not of its channel. The cursor stays where it is, so that the client can resume.
   * @param text JSON that is still open: its closing brace is missing. Never throws.
   */
  announce(text: string): void {
    if (!this.isOpen) return;
    if (this.held !== null) this.hold(text.length, () => this.announce(text));
    else this.send(this.position === null ? `${text}}` : `${text},"cursor":"${formatCursor(this.position)}"}`);
  }

  /** Sends the first frame and what the client has missed, as fast as it reads, and goes live. */
  async welcome(start: Start): Promise<void> {
    if (!this.isOpen) return;
    const { position, resumed, missed } = start;
    const frame = {
      type: 'connection.established',
      ...this.admission.welcome,
      user_id: this.principal.userId,
      connection_id: this.id,
      expires_at: this.principal.expiresAt.toISOString(),
      heartbeat_interval: this.context.settings.heartbeatIntervalMs / 1_000,
      cursor: formatCursor(position),
      ...(resumed === null ? {} : { resumed }),
    };
    this.send(JSON.stringify(frame));
    for (const { payload } of missed) {
      this.write(encodeTextFrame(payload));
      if (this.socket.writableLength > this.context.settings.maxBufferedBytes / 2) await drained(this.socket);
    }
    this.goLive(start);
  }

  /** Asks the peer for a sign of life. */
  ping(): void {
    this.lastPingAt = performance.now();
    if (!this.isOpen) return;
    this.isPongDue = true;
    this.ws.ping();
  }

  /** Ends the connection with a close frame; a peer that doesn't answer it is cut off after the server's close timeout. */
  close(close: Close): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.held = null;
    this.context.metrics.closed(close);
    this.ws.close(close.code, close.reason);
    // A paused socket would never read the peer's answering close frame.
    this.ws.resume();
  }

  /** Drops the connection without a word: for a peer that is gone. */
  terminate(): void {
    this.isClosing = true;
    this.ws.terminate();
  }

  private goLive({ position, isAhead }: Start): void {
    const held = this.held ?? [];
    this.held = null;
    this.heldBytes = 0;
    this.had = position;
    this.position = position;
    for (const each of held) each();
    if (!isAhead) this.had = null;
    if (this.isOpen) this.ws.resume();
  }

  private hold(bytes: number, deliver: () => void): void {
    this.held?.push(deliver);
    this.heldBytes += bytes;
    if (this.heldBytes > this.context.settings.maxBufferedBytes) this.close(CLOSE.tooSlow);
  }

  private hasHad(position: Position): boolean {
    if (this.had === null) return false;
    const order = comparePositions(position, this.had);
    // From here on positions say nothing: a store that loses its newest messages gives theirs out again.
    if (order >= 0) this.had = null;
    return order <= 0;
  }

  private onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.admitFrame()) return;
    const reading = readMessage(data, isBinary);
    if ('answer' in reading) this.send(reading.answer);
    else void this.renew(reading.token);
  }

  /** Lets the connection live as long as a new token of the same user. Never rejects. */
  private async renew(token: string): Promise<void> {
    try {
      const principal = await this.context.verifier.verify(token);
      if (!this.isOpen) return;
      if (principal.userId !== this.principal.userId) {
        this.close(CLOSE.tokenInvalid);
        return;
      }
      this.principal = principal;
      this.expiry.cancel();
      this.expiry = this.expireWith(principal);
      this.send(JSON.stringify({ type: 'auth.refreshed', expires_at: principal.expiresAt.toISOString() }));
    } catch (error) {
      this.close(closeForToken(error));
    }
  }

  private expireWith({ expiresAt }: Principal): Deadline {
    return new Deadline(expiresAt.getTime() + EXPIRY_SKEW_MS, () => this.close(CLOSE.tokenExpired));
  }

  private onPing(data: Buffer): void {
    if (this.admitFrame()) this.write(encodePongFrame(data));
  }

  /** One answer to a ping of ours is free; what nobody asked for counts like any other frame. */
  private onPong(): void {
    if (!this.isPongDue) {
      this.admitFrame();
      return;
    }
    this.isPongDue = false;
    this.lastSeenAt = performance.now();
  }

  /** Counts an inbound frame; false if it must be dropped. */
  private admitFrame(): boolean {
    if (!this.isOpen) return false;
    this.lastSeenAt = performance.now();
    const verdict = this.rateLimit.take();
    if (verdict === 'drop-and-tell') this.send(errorFrame('rate_limited'));
    if (verdict === 'close') this.close(CLOSE.tooManyMessages);
    return verdict === 'pass';
  }

  private send(text: string): void {
    this.write(encodeTextFrame(Buffer.from(text)));
  }

  /**
   * Writes a finished frame beside `ws`, which is safe because `ws` without compression writes each frame of its own in one
   * go, too. What the peer doesn't read is bounded here.
   */
  private write(frame: Buffer): void {
    if (!this.isOpen) return;
    if (this.socket.writableLength + frame.length > this.context.settings.maxBufferedBytes) {
      this.close(CLOSE.tooSlow);
      return;
    }
    this.sent += 1;
    this.socket.write(frame);
  }
}

/** Resolves when everything was written, or the socket is closed. */
function drained(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
  });
}
