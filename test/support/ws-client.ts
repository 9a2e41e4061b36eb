import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
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

/** The server's HTTP answer to an upgrade; status 101 if accepted. */
export interface UpgradeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const DEADLINE_MS = 12_000;

const openClients = new Set<TestClient>();

/** Opens a WebSocket, retrying while the server is full; rejects with the HTTP status if the upgrade is refused. */
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

/** Requests an upgrade and returns the HTTP answer, whatever its status. */
export async function upgrade(url: string, options: ConnectOptions = {}): Promise<UpgradeAnswer> {
  const socket = openSocket(url, options);
  const answer = await new Promise<UpgradeAnswer>((resolve, reject) => {
    socket.once('upgrade', (response) => resolve({ status: 101, headers: response.headers, body: '' }));
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      text(response).then((body) => resolve({ status, headers: response.headers, body }), reject);
    });
    socket.on('error', reject);
  });
  socket.terminate();
  return answer;
}

/** The HTTP status of the answer to an upgrade. */
export async function upgradeStatus(url: string, options: ConnectOptions = {}): Promise<number> {
  return (await upgrade(url, options)).status;
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

  private keep(content: string, isBinary: boolean): void {
    const frame = isBinary ? { binary: content } : parse(content);
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

function openSocket(url: string, options: ConnectOptions): WebSocket {
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
