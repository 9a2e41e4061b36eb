import { encodeFrame, type FrameOptions, OPCODE, readServerFrames, type ServerFrame } from './frames.js';
import { onceThereIsRoom, UpgradeRefusedError } from '../../src/realtime/testing/upgrade-refused.js';
import { RawClient } from './raw-client.js';
import { until } from '../../src/realtime/testing/until.js';

export interface SessionTarget {
  /** Such as `http://127.0.0.1:41234`. */
  url: string;
  token: string;
  path?: string;
  headers?: Record<string, string>;
}

/** The server's close frame; the code is null if it has no payload. */
export interface RawClose {
  code: number | null;
  reason: string;
}

const open = new Set<RawSession>();

/** Drops all sessions that a test has left open; for `afterEach`. */
export function dropAllSessions(): void {
  for (const session of open) session.drop();
}

/** A welcomed WebSocket connection on which a test writes raw frames and reads what the server sent. */
export class RawSession {
  private constructor(
    readonly client: RawClient,
    private readonly headLength: number,
  ) {
    open.add(this);
  }

  /** Connects and waits for the welcome. */
  static async open({ url, token, path = '/ws/notifications/', headers }: SessionTarget): Promise<RawSession> {
    const { client, rest } = await onceThereIsRoom(async () => {
      const client = await RawClient.open(Number(new URL(url).port));
      client.sendUpgrade({ target: path, headers: { ...headers, Authorization: `Bearer ${token}` } });
      const { status, rest } = await client.answer();
      if (status === 101) return { client, rest };
      client.destroy();
      throw new UpgradeRefusedError(url, status);
    });
    const session = new RawSession(client, client.bytes.length - rest.length);
    await client.until('"connection.established"');
    await session.until(() => session.frames.length > 0);
    return session;
  }

  send(...bytes: Uint8Array[]): void {
    this.client.send(Buffer.concat(bytes));
  }

  sendFrame(opcode: number, payload: string | Uint8Array = '', options: FrameOptions = {}): void {
    this.send(encodeFrame(opcode, Buffer.from(payload), options));
  }

  sendText(text: string): void {
    this.sendFrame(OPCODE.text, text);
  }

  /** All complete frames so far, starting with the welcome. */
  get frames(): ServerFrame[] {
    return readServerFrames(this.client.bytes.subarray(this.headLength)).frames;
  }

  /** The JSON messages after the welcome. */
  get messages(): Record<string, unknown>[] {
    const texts = this.frames.filter(({ opcode }) => opcode === OPCODE.text).slice(1);
    return texts.map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  }

  /** The payloads of all pongs, as text. */
  get pongs(): string[] {
    return this.frames.filter(({ opcode }) => opcode === OPCODE.pong).map(({ payload }) => payload.toString());
  }

  get closes(): RawClose[] {
    return this.frames
      .filter(({ opcode }) => opcode === OPCODE.close)
      .map(({ payload }) => ({
        code: payload.length === 0 ? null : payload.readUInt16BE(0),
        reason: payload.toString('utf8', 2),
      }));
  }

  /** Proves with a ping that the server has handled everything sent before, and returns its answers. */
  async answers(): Promise<Record<string, unknown>[]> {
    const mark = `mark ${this.client.bytes.length}`;
    this.sendText(JSON.stringify({ type: 'ping', timestamp: mark }));
    await this.until(() => this.messages.some(({ timestamp }) => timestamp === mark));
    return this.messages.filter(({ timestamp }) => !String(timestamp).startsWith('mark '));
  }

  /** The server's close frame, which must be its only and last one, once the server has closed the connection. */
  async closed(): Promise<RawClose> {
    await this.client.ended();
    const { frames } = this;
    const [close, ...more] = this.closes;
    if (close === undefined || more.length > 0 || frames.at(-1)?.opcode !== OPCODE.close) {
      const kinds = frames.map(({ opcode, payload }) => `${opcode}:${payload.toString()}`).join(', ');
      throw new Error(`Not closed with one frame that is the last: ${kinds}`);
    }
    return close;
  }

  async until(holds: () => boolean): Promise<void> {
    await until(() => {
      if (holds()) return true;
      if (this.client.hasEnded) throw new Error(`The connection ended: ${this.client.bytes.toString('latin1')}`);
      return false;
    });
  }

  drop(): void {
    open.delete(this);
    this.client.destroy();
  }
}
