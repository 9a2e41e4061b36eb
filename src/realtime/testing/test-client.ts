import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { onceThereIsRoom, UpgradeRefusedError } from './upgrade-refused.js';

export interface ConnectOptions {
  /** Sent as `Authorization: Bearer …`. */
  token?: string;
  protocols?: string[];
  headers?: Record<string, string>;
  /** If false, protocol pings are not answered. */
  autoPong?: boolean;
}

/** A JSON message as tests read it. */
export type Frame = Record<string, unknown>;

const DEADLINE_MS = 12_000;
/** Begins the types of events that only show that nothing came before them. */
const MARK = 'testing.mark_';

const openClients = new Set<TestClient>();

/**
 * Opens a WebSocket, retrying while the server is full.
 * @throws {UpgradeRefusedError} with the status of the HTTP answer
 */
export function connect(url: string, options: ConnectOptions = {}): Promise<TestClient> {
  return onceThereIsRoom(() => connectNow(url, options));
}

async function connectNow(url: string, options: ConnectOptions): Promise<TestClient> {
  const socket = openSocket(url, options);
  const client = new TestClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      socket.terminate();
      reject(new UpgradeRefusedError(url, response.statusCode ?? 0));
    });
  });
  openClients.add(client);
  return client;
}

/** Closes all clients that a test has left open; for `afterEach`. */
export async function closeAllClients(): Promise<void> {
  await Promise.all([...openClients].map((client) => client.terminate()));
}

/** A WebSocket client that tests read message by message: `await client.next()`, `await client.closed()`. */
export class TestClient {
  /** How many protocol pings the server has sent. */
  pings = 0;
  /** All messages so far, including those read by `next`. */
  readonly received: Frame[] = [];
  private pongs = 0;
  private readonly unread: Frame[] = [];
  private readonly marks = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private end: { code: number; reason: string } | null = null;

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => this.keep(data.toString(), isBinary));
    socket.on('ping', () => {
      this.pings += 1;
      this.wake();
    });
    socket.on('pong', () => {
      this.pongs += 1;
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.end = { code, reason: reason.toString() };
      openClients.delete(this);
      this.wake();
    });
    // An error is followed by a close, which is what tests check.
    socket.on('error', () => undefined);
  }

  /** The subprotocol selected by the server, or an empty string. */
  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.end === null;
  }

  /** The next unread message. On timeout or close, fails and lists the messages received. */
  async next(deadlineMs = DEADLINE_MS): Promise<Frame> {
    await this.until(() => this.unread.length > 0, 'the next frame', deadlineMs);
    const frame = this.unread.shift();
    if (frame === undefined) throw new Error(`No further frame: ${this.summary()}`);
    return frame;
  }

  /** The close code and reason, once the connection is closed. */
  async closed(deadlineMs = DEADLINE_MS): Promise<{ code: number; reason: string }> {
    await this.until(() => this.end !== null, 'the close', deadlineMs);
    if (this.end === null) throw new Error(`Not closed: ${this.summary()}`);
    return this.end;
  }

  /** Resolves when the server has sent this many protocol pings. */
  async pinged(count: number, deadlineMs = DEADLINE_MS): Promise<void> {
    await this.until(() => this.pings >= count, `protocol ping ${count}`, deadlineMs);
  }

  send(message: unknown): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(data: string | Buffer, options: { binary?: boolean } = {}): void {
    this.socket.send(data, { binary: options.binary ?? typeof data !== 'string' });
  }

  /** Sends a protocol ping and waits for its pong. */
  async ping(): Promise<void> {
    const before = this.pongs;
    this.socket.ping();
    await this.until(() => this.pongs > before, 'a protocol pong', DEADLINE_MS);
  }

  /** Stops reading, so that messages pile up on the server. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes with a close handshake, and resolves when it is complete. */
  async close(code = 1000, reason = ''): Promise<{ code: number; reason: string }> {
    this.socket.close(code, reason);
    return this.closed();
  }

  /** Drops the connection without a close frame. */
  async terminate(): Promise<void> {
    this.socket.terminate();
    await this.closed();
  }

  /**
   * Resolves when nothing else has come, as a later message shows: one that `mark` sends, and that no client reads.
   * @param mark publishes this event type to the connection's channels
   */
  async expectNothingBefore(mark: (type: string) => Promise<number>): Promise<void> {
    const type = `${MARK}${randomUUID().replaceAll('-', '')}`;
    const count = await mark(type);
    await this.until(() => (this.marks.get(type) ?? 0) >= count, 'the mark of `expectNothing`', DEADLINE_MS);
    if (this.unread.length > 0) throw new Error(`Expected nothing, got ${JSON.stringify(this.unread)}`);
  }

  private keep(content: string, isBinary: boolean): void {
    const frame = isBinary ? { binary: content } : parse(content);
    const { event_type } = frame;
    if (typeof event_type === 'string' && event_type.startsWith(MARK)) {
      this.marks.set(event_type, (this.marks.get(event_type) ?? 0) + 1);
      this.wake();
      return;
    }
    this.received.push(frame);
    this.unread.push(frame);
    this.wake();
  }

  private wake(): void {
    for (const check of this.waiting) check();
  }

  /** Resolves when the condition holds; rejects on close or timeout. */
  private until(holds: () => boolean, what: string, deadlineMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.waiting.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const check = (): void => {
        if (holds()) settle();
        else if (this.end !== null) settle(new Error(`Closed while waiting for ${what}: ${this.summary()}`));
      };
      const timer = setTimeout(
        () => settle(new Error(`Waited ${deadlineMs} ms for ${what} in vain: ${this.summary()}`)),
        deadlineMs,
      );
      this.waiting.add(check);
      check();
    });
  }

  private summary(): string {
    const frames = this.received.map((frame) => `\n  ${JSON.stringify(frame)}`).join('');
    const close = this.end === null ? 'still open' : `closed with ${this.end.code} "${this.end.reason}"`;
    return `${close}, ${this.received.length} frames came${frames}`;
  }
}

/** A socket as `connect` opens it, for what happens before it is open. */
export function openSocket(url: string, options: ConnectOptions): WebSocket {
  const { token, protocols = [], headers, autoPong = true } = options;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new WebSocket(url, protocols, { headers: { ...authorization, ...headers }, autoPong });
}

/** Content that is not a JSON object becomes a message that matches no expectation and shows in its failure. */
function parse(content: string): Frame {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null ? { ...value } : { text: content };
  } catch {
    return { text: content };
  }
}
