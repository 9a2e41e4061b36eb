import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { encodeFrame, type FrameOptions } from './frames.js';

/** An HTTP answer with its status line, headers and the bytes after them. */
export interface RawAnswer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** The bytes received after the headers: a body, or frames. */
  rest: Buffer;
}

export interface RawUpgrade {
  method?: string;
  /** The request target, sent verbatim: `//x`, `/ws/../ws`, `http://host/ws`. */
  target?: string;
  version?: string;
  /** Added to the headers of a valid upgrade or replacing them; null omits one. */
  headers?: Record<string, string | null>;
  body?: string;
}

const DEADLINE_MS = 15_000;

/** A TCP connection on which a test can send anything: HTTP, WebSocket or neither. */
export class RawClient {
  /** A growing buffer: concatenating each chunk would copy everything before it. */
  private room = Buffer.alloc(65_536);
  private length = 0;
  /** Whether the connection was closed, by either side. */
  hasEnded = false;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.keep(chunk);
      this.wake();
    });
    socket.on('close', () => {
      this.hasEnded = true;
      this.wake();
    });
    // A reset is followed by a close, which is what tests check.
    socket.on('error', () => undefined);
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect(port, host);
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Uses a connection that the test has opened, such as one with TLS. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends a valid upgrade request with the given changes. */
  sendUpgrade({ method = 'GET', target = '/', version = 'HTTP/1.1', headers = {}, body = '' }: RawUpgrade = {}): void {
    const all: Record<string, string | null> = {
      Host: `127.0.0.1:${this.socket.remotePort}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
    this.send(`${method} ${target} ${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Sends one frame, masked as clients must. */
  sendFrame(opcode: number, payload: string | Uint8Array = '', options: FrameOptions = {}): void {
    this.send(encodeFrame(opcode, Buffer.from(payload), options));
  }

  /** The HTTP answer, once its headers are complete. */
  async answer(): Promise<RawAnswer> {
    await this.wait(() => this.bytes.includes('\r\n\r\n'), 'an HTTP answer');
    const end = this.bytes.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = this.bytes.subarray(0, end).toString('latin1').split('\r\n');
    const headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    const rest = this.bytes.subarray(end + 4);
    return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers), rest };
  }

  /** Resolves when these bytes have arrived. */
  async until(bytes: string | Buffer): Promise<void> {
    await this.wait(() => this.bytes.includes(bytes), JSON.stringify(bytes.toString('latin1')));
  }

  /** All bytes received so far. */
  get bytes(): Buffer {
    return this.room.subarray(0, this.length);
  }

  private keep(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.room.length) this.room = Buffer.concat([this.bytes], 2 * length);
    chunk.copy(this.room, this.length);
    this.length = length;
  }

  /** Resolves when the connection is closed, by either side. */
  async ended(): Promise<void> {
    await this.wait(() => this.hasEnded, 'the end of the connection');
  }

  /** Stops reading, so that data piles up on the server, including its close frame. */
  pause(): void {
    this.socket.pause();
  }

  /** Half-closes the connection, and keeps reading. */
  end(): void {
    this.socket.end();
  }

  /** Resets the TCP connection, as a crashed peer does. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private wake(): void {
    for (const check of this.waiting) check();
  }

  private wait(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.waiting.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const fail = (how: string): void =>
        settle(new Error(`${how} for ${what}; came: ${JSON.stringify(this.bytes.toString('latin1'))}`));
      const check = (): void => {
        if (holds()) settle();
        else if (this.hasEnded) fail('The connection ended, waiting');
      };
      const timer = setTimeout(() => fail(`Waited ${DEADLINE_MS} ms in vain`), DEADLINE_MS);
      this.waiting.add(check);
      check();
    });
  }
}
