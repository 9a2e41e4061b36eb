import type { Writable } from 'node:stream';
import type { Position } from '../broker/cursor.js';
import { withCursor } from '../broker/cursor-field.js';
import type { Tally } from '../realtime-metrics.js';
import { Frames } from './frames.js';
import type { FrameList, Sender, Sending } from './sending.js';
import type { TransportKind } from './transport.js';

/** The connection that an `Outbound` writes to. */
export interface Recipient {
  readonly isOpen: boolean;
  /** Called when more bytes would wait than allowed; the frame was not sent. */
  onTooSlow(): void;
}

/** What waits until the connection goes live. */
interface Held {
  bytes: number;
  /** Whether it is a publication of the channel. */
  isOfStream: boolean;
  send: () => void;
}

/**
 * Everything one client is sent. Publications are held back until the connection goes live; each is sent once.
 * Backpressure is bounded: at most `maxBytes` wait, or a single frame that is larger.
 */
export class Outbound implements Sender {
  /** How many frames the client was sent, and their bytes. */
  sent = 0;
  sentBytes = 0;
  private held: Held[] | null = [];
  private heldBytes = 0;
  /** What will be written with the next batch. */
  private frames: FrameList | null = null;
  /** Up to where the client has received its channel. */
  private position: Position | null = null;
  /** Up to where it has received a stream that the broker has since lost, or whose end it has lost. */
  private lost: Position | null = null;

  constructor(
    private readonly sink: Writable,
    private readonly maxBytes: number,
    private readonly recipient: Recipient,
    private readonly sending: Sending,
    private readonly tally: Tally = { deliveries: 0 },
    private readonly transport: TransportKind = 'websocket',
  ) {}

  /** Bytes waiting to be sent. */
  get bytes(): number {
    return this.heldBytes + this.waiting;
  }

  /**
   * Sends a publication of the channel, unless the client already has it. Never throws.
   * @param former where it was published before the broker lost it; null: it was not
   */
  deliver(position: Position, former: Position | null, frame: Buffer): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) {
      this.hold({ bytes: frame.length, isOfStream: true, send: () => this.deliver(position, former, frame) });
      return;
    }
    // History already had it when the client joined.
    if (isUpTo(position, this.position)) return;
    this.position = position;
    if (!isUpTo(former, this.lost)) this.tell(frame);
  }

  /**
   * Called when the broker has lost the stream, or its end: positions that the client has seen may be reused.
   * @param isOfRest whether a position is of what the broker still has, or has anew: a client that joined since then stays there
   */
  streamLost(isOfRest: (position: Position) => boolean): void {
    this.dropHeldStream();
    if (this.position === null || isOfRest(this.position)) return;
    this.lost = this.position;
    this.position = null;
  }

  /** Sends a frame that is not part of the channel's stream. Never throws. */
  show(frame: Buffer): void {
    if (!this.recipient.isOpen) return;
    if (this.held === null) this.tell(frame);
    else this.hold({ bytes: frame.length, isOfStream: false, send: () => this.show(frame) });
  }

  /**
   * Sends a message that is not part of the channel's stream, with the unchanged cursor, so that the client can resume
   * from it. Never throws.
   * @param text the JSON of an object
   */
  announce(text: string): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) {
      this.hold({ bytes: text.length, isOfStream: false, send: () => this.announce(text) });
      return;
    }
    // No other client is sent the same bytes.
    const frames = Frames.of(this.position === null ? text : withCursor(text, this.position));
    if (this.write(frames.for(this.transport))) this.tally.deliveries += 1;
  }

  /** Sends text without holding it back: the welcome, and answers to the client. */
  send(text: string): void {
    this.write(Frames.of(text).for(this.transport));
  }

  /**
   * Writes a finished frame at once, past `ws` where that is the transport: safe, because `ws` without compression writes
   * each of its own frames in one go, too.
   * @returns whether it was written
   */
  write(frame: Buffer): boolean {
    this.flush();
    if (!this.recipient.isOpen || this.isTooMuch(this.sink.writableLength, frame.length)) return false;
    this.count(1, frame.length);
    this.sink.write(frame);
    return true;
  }

  /** Writes what would be written with the next batch; drops it if the connection is closed: its client resumes. */
  flush(): number {
    const { frames } = this;
    this.frames = null;
    if (frames === null || !this.recipient.isOpen) return 0;
    this.count(frames.length, frames.bytes);
    this.tally.deliveries += frames.length;
    frames.writeTo(this.sink);
    return frames.bytes;
  }

  /** Sends one of many missed messages. Resolves once there is room for the next; with false if the client is gone. */
  async replay(frame: Buffer): Promise<boolean> {
    if (!this.recipient.isOpen || this.isTooMuch(this.waiting, frame.length)) return false;
    this.count(1, frame.length);
    this.tally.deliveries += 1;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.sink.off('close', done);
        resolve();
      };
      // Its callback means that everything before it is written, too.
      this.sink.write(frame, done);
      if (this.sink.writableLength > this.maxBytes / 2) this.sink.once('close', done);
      else resolve();
    });
    return this.recipient.isOpen;
  }

  /**
   * To be called as soon as it is known up to where the client receives the channel before it goes live: a loss that
   * comes later concerns that position, an earlier one does not.
   */
  startAt(position: Position): void {
    this.position = position;
    this.lost = null;
  }

  /** Sends what was held back, and stops holding back. */
  goLive(): void {
    const held = this.held ?? [];
    this.discard();
    for (const { send } of held) send();
  }

  /** Drops what was held back, when the connection is closed. */
  discard(): void {
    this.held = null;
    this.heldBytes = 0;
  }

  /** Bytes that were handed to the socket, or will be with the next batch. */
  private get waiting(): number {
    return this.sink.writableLength + (this.frames?.bytes ?? 0);
  }

  /** Writes a frame of the channel, or of a signal, with the next batch. */
  private tell(frame: Buffer): void {
    // What the socket was not offered yet says nothing about how fast the client reads.
    if (this.waiting + frame.length > this.maxBytes) this.flush();
    if (this.isTooMuch(this.waiting, frame.length)) return;
    if (this.frames === null) this.sending.enqueue(this);
    this.frames = this.sending.append(this.frames, frame);
  }

  private count(frames: number, bytes: number): void {
    this.sent += frames;
    this.sentBytes += bytes;
  }

  private hold(what: Held): void {
    if (this.isTooMuch(this.bytes, what.bytes)) return;
    this.held?.push(what);
    this.heldBytes += what.bytes;
  }

  /** What a lost stream still has is delivered once more, at its present position. */
  private dropHeldStream(): void {
    if (this.held === null) return;
    this.held = this.held.filter(({ isOfStream }) => !isOfStream);
    this.heldBytes = this.held.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private isTooMuch(waiting: number, bytes: number): boolean {
    if (waiting === 0 || waiting + bytes <= this.maxBytes) return false;
    this.recipient.onTooSlow();
    return true;
  }
}

/** Whether a position is in the stream that ends at another one. */
function isUpTo(position: Position | null, end: Position | null): boolean {
  return position !== null && position.epoch === end?.epoch && position.offset <= end.offset;
}
