import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { encodeFrame, OPCODE, readServerFrames } from '../../test/support/frames.js';
import { DIALECTS, ENGINE_PING_LENGTH, ENGINE_PONG, type PeerName } from './dialects.js';
import { FrameCounter, type FrameListener } from './frame-counter.js';
import type { Tally } from './tally.js';

/** Where members connect. */
export interface Target {
  peer: PeerName;
  port: number;
  path: string;
}

export interface MemberOptions {
  target: Target;
  token: string;
  tally: Tally;
  /** Whether it measures the latency of what it receives. */
  isSampled: boolean;
  /** Called when its connection has failed, or ended without `leave`. */
  onLost: (error: Error) => void;
}

/** All members receive here: each has read what it received before the next receives anything. */
const room = Buffer.allocUnsafe(65_536);
const END_OF_HEAD = '\r\n\r\n';
const PONG = encodeFrame(OPCODE.pong, Buffer.alloc(0));
const ENGINE_PONG_FRAME = encodeFrame(OPCODE.text, Buffer.from(ENGINE_PONG));

/** A connection of the crowd: a TCP socket without a WebSocket library, which joins, and then only counts frames. */
export class Member implements FrameListener {
  private readonly socket: Socket;
  private readonly frames = new FrameCounter(this);
  private readonly pingFrame: Buffer;
  /** What it has received before it joined; null: it has joined. */
  private early: Buffer | null = Buffer.alloc(0);
  private isUpgraded = false;
  private hasEnded = false;

  private constructor(
    private readonly options: MemberOptions,
    private readonly onJoined: () => void,
    private readonly onLost: (error: Error) => void,
  ) {
    const { target } = options;
    this.pingFrame = encodeFrame(OPCODE.text, Buffer.from(DIALECTS[target.peer].ping));
    this.socket = connect({
      host: '127.0.0.1',
      port: target.port,
      noDelay: true,
      // Without the stream's buffers and events, reading costs half.
      onread: { buffer: room, callback: (received) => this.onBytes(received) },
    });
    this.socket.on('error', (error) => this.fail(error.message));
    this.socket.on('close', () => this.fail('The server closed the connection'));
    this.socket.write(this.upgrade());
  }

  /** Resolves once the server has admitted it. */
  static join(options: MemberOptions): Promise<Member> {
    return new Promise((resolve, reject) => {
      const member: Member = new Member(
        options,
        () => resolve(member),
        (error) => {
          reject(error);
          options.onLost(error);
        },
      );
    });
  }

  ping(): void {
    this.socket.write(this.pingFrame);
  }

  leave(): void {
    this.hasEnded = true;
    this.socket.destroy();
  }

  onText(bytes: Buffer, start: number, end: number, isWhole: boolean): void {
    if (end - start === ENGINE_PING_LENGTH) {
      this.socket.write(ENGINE_PONG_FRAME);
      return;
    }
    const { tally, isSampled } = this.options;
    if (isSampled && isWhole) tally.sample(bytes, start, end);
    tally.add();
  }

  onPing(): void {
    this.socket.write(PONG);
  }

  private upgrade(): string {
    const { target, token } = this.options;
    const lines = [
      `GET ${target.path} HTTP/1.1`,
      `Host: 127.0.0.1:${target.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(DIALECTS[target.peer].isTokenInHead ? [`Authorization: Bearer ${token}`] : []),
    ];
    return `${lines.join('\r\n')}${END_OF_HEAD}`;
  }

  /** @returns true: goes on reading */
  private onBytes(received: number): true {
    if (this.early === null) {
      this.frames.read(room, received);
      return true;
    }
    this.early = Buffer.concat([this.early, room.subarray(0, received)]);
    try {
      const bytes = this.isUpgraded ? this.early : this.readHead(this.early);
      if (bytes !== null) this.readGreeting(bytes);
    } catch (error) {
      this.fail(String(error));
    }
    return true;
  }

  /** @returns what follows the head of the server's answer; null: the head isn't complete */
  private readHead(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(END_OF_HEAD);
    if (end === -1) return null;
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`Refused: ${head}`);
    this.isUpgraded = true;
    return bytes.subarray(end + END_OF_HEAD.length);
  }

  private readGreeting(bytes: Buffer): void {
    const { target, token } = this.options;
    const { greet } = DIALECTS[target.peer];
    if (greet === null) {
      this.joined();
      return;
    }
    const { frames, rest } = readServerFrames(bytes);
    this.early = rest;
    for (const { opcode, payload } of frames) {
      if (opcode === OPCODE.close) throw new Error(`Refused: ${payload.toString('latin1', 2)}`);
      if (opcode !== OPCODE.text) continue;
      const answer = greet(payload.toString(), token);
      if (answer === null) {
        this.joined();
        return;
      }
      this.socket.write(encodeFrame(OPCODE.text, Buffer.from(answer)));
    }
  }

  /** Nothing is published before all members have joined, so nothing can have come after the greeting. */
  private joined(): void {
    this.early = null;
    this.onJoined();
  }

  private fail(why: string): void {
    if (this.hasEnded) return;
    this.leave();
    this.onLost(new Error(why));
  }
}
