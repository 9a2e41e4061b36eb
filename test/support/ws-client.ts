import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { onceThereIsRoom, UpgradeRefusedError } from './upgrade-refused.js';

export interface ConnectOptions {
  /** Sent as `Authorization: Bearer …`. */
  token?: string;
  protocols?: string[];
  headers?: Record<string, string>;
  /** False: protocol pings are not answered. */
  autoPong?: boolean;
}

/** A JSON frame, as a test looks into it. */
export type Frame = Record<string, unknown>;

/** How the server answered an upgrade over HTTP; status 101 when it was granted. */
export interface UpgradeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const DEADLINE_MS = 12_000;

const openClients = new Set<TestClient>();

/** Opens a WebSocket, as soon as there is room; rejects with the HTTP status when the upgrade is refused. */
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

/** Asks for an upgrade and gives the HTTP answer, whichever it is. */
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

/** The HTTP status that an upgrade is answered with. */
export async function upgradeStatus(url: string, options: ConnectOptions = {}): Promise<number> {
  return (await upgrade(url, options)).status;
}

/** Ends every client that a test has left open; for `afterEach`. */
export async function closeAllClients(): Promise<void> {
  await Promise.all([...openClients].map((client) => client.terminate()));
}

/** A WebSocket client that tests read frame by frame: `await client.next()`, `await client.closed()`. */
export class TestClient {
  /** How many protocol pings the server has sent. */
  pings = 0;
  /** Every frame so far, those read by `next` included. */
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
    // A failed connection also closes, and the close is what tests look at.
    socket.on('error', () => undefined);
  }

  /** The subprotocol that the server has selected, or an empty string. */
  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.end === null;
  }

  /** The next frame that was not read yet. Fails, with all that came, when none comes or the connection closes. */
  async next(deadlineMs = DEADLINE_MS): Promise<Frame> {
    await this.until(() => this.unread.length > 0, 'the next frame', deadlineMs);
    const frame = this.unread.shift();
    if (frame === undefined) throw new Error(`No further frame: ${this.summary()}`);
    return frame;
  }

  /** The code and reason of the close, once it is closed. */
  async closed(deadlineMs = DEADLINE_MS): Promise<{ code: number; reason: string }> {
    await this.until(() => this.end !== null, 'the close', deadlineMs);
    if (this.end === null) throw new Error(`Not closed: ${this.summary()}`);
    return this.end;
  }

  /** Resolves when the server has sent that many protocol pings. */
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

  /** Stops reading, so that what the server sends piles up. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes in order and resolves when both sides have. */
  async close(code = 1000, reason = ''): Promise<{ code: number; reason: string }> {
    this.socket.close(code, reason);
    return this.closed();
  }

  /** Cuts the connection without a close frame. */
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

  /** Resolves when the condition holds; a closed connection or the deadline ends the wait with an error. */
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

/** What is no JSON object becomes a frame that no expectation fits, and shows in its message. */
function parse(content: string): Frame {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null ? { ...value } : { text: content };
  } catch {
    return { text: content };
  }
}
