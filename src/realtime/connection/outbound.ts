import type { Duplex } from 'node:stream';
import type { Position } from '../broker/cursor.js';
import { withCursor } from '../broker/cursor-field.js';
import { encodeTextFrame } from './frame.js';

/** The connection that an `Outbound` writes to. */
export interface Recipient {
  readonly isOpen: boolean;
  /** Called when it owes more than it may, and what was to be sent was not. */
  onTooSlow(): void;
}

/**
 * All that one client is sent. Until it goes live, what its channel publishes is held back; then each publication goes out once.
 * What the client has not taken yet is bounded: never more than `maxBytes` waits, or the one frame that is larger.
 */
export class Outbound {
  /** How many frames the client was sent, and how many bytes these have. */
  sent = 0;
  sentBytes = 0;
  private held: (() => void)[] | null = [];
  private heldBytes = 0;
  /** Up to where the client has had its channel. */
  private position: Position | null = null;
  /** Up to where it has had a stream that the broker has lost since, or the end of it. */
  private lost: Position | null = null;

  constructor(
    private readonly socket: Duplex,
    private readonly maxBytes: number,
    private readonly recipient: Recipient,
  ) {}

  /** What the client is owed. */
  get bytes(): number {
    return this.heldBytes + this.socket.writableLength;
  }

  /**
   * A publication of the channel, unless the client has had it. Never throws.
   * @param former where it was published before the broker has lost it; null: nowhere
   */
  deliver(position: Position, former: Position | null, frame: Buffer): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) {
      this.hold(frame.length, () => this.deliver(position, former, frame));
      return;
    }
    // History had it already when the client joined.
    if (isUpTo(position, this.position)) return;
    this.position = position;
    if (!isUpTo(former, this.lost)) this.write(frame);
  }

  /** The broker has lost the stream, or the end of it: positions that the client has had may be given out again. */
  streamLost(): void {
    if (this.held !== null) {
      this.held.push(() => this.streamLost());
      return;
    }
    this.lost = this.position;
    this.position = null;
  }

  /** A frame that has no place in the channel. Never throws. */
  show(frame: Buffer): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) this.hold(frame.length, () => this.show(frame));
    else this.write(frame);
  }

  /**
   * Something that is not of the channel. The cursor stays where it is, so that the client can resume.
   * Never throws.
   * @param text the JSON of an object
   */
  announce(text: string): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) this.hold(text.length, () => this.announce(text));
    else this.send(this.position === null ? text : withCursor(text, this.position));
  }

  /** Text that is not held back: the welcome, and answers to the client. */
  send(text: string): void {
    this.write(encodeTextFrame(Buffer.from(text)));
  }

  /**
   * Writes a finished frame beside `ws`, which is safe because `ws` without compression writes each frame of its own in one
   * go, too.
   */
  write(frame: Buffer): void {
    if (!this.recipient.isOpen || this.isTooMuch(this.socket.writableLength, frame.length)) return;
    this.count(frame);
    this.socket.write(frame);
  }

  /** One of many frames at once. Resolves when there is room for the next; with false when there will be none. */
  async replay(frame: Buffer): Promise<boolean> {
    if (!this.recipient.isOpen || this.isTooMuch(this.socket.writableLength, frame.length)) return false;
    this.count(frame);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.socket.off('close', done);
        resolve();
      };
      // Called when all before it is written, too.
      this.socket.write(frame, done);
      if (this.socket.writableLength > this.maxBytes / 2) this.socket.once('close', done);
      else resolve();
    });
    return this.recipient.isOpen;
  }

  /**
   * Sends what was held back, and holds no more.
   * @param position up to where the client has had the channel
   */
  goLive(position: Position): void {
    const held = this.held ?? [];
    this.held = null;
    this.heldBytes = 0;
    this.position = position;
    for (const each of held) each();
  }

  /** Lets go of what was held back, for a client that is sent away. */
  discard(): void {
    this.held = null;
    this.heldBytes = 0;
  }

  private count({ length }: Buffer): void {
    this.sent += 1;
    this.sentBytes += length;
  }

  private hold(bytes: number, deliver: () => void): void {
    if (this.isTooMuch(this.bytes, bytes)) return;
    this.held?.push(deliver);
    this.heldBytes += bytes;
  }

  private isTooMuch(waiting: number, bytes: number): boolean {
    if (waiting === 0 || waiting + bytes <= this.maxBytes) return false;
    this.recipient.onTooSlow();
    return true;
  }
}

/** Whether a place lies in the past that ends at another one. */
function isUpTo(position: Position | null, end: Position | null): boolean {
  return position !== null && position.epoch === end?.epoch && position.offset <= end.offset;
}
