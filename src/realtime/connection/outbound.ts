import type { Duplex } from 'node:stream';
import { comparePositions, formatCursor, type Position } from '../broker/cursor.js';
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
  /** The cursor that the client was last given. */
  private position: Position | null = null;
  /** Up to where the client has had everything from history, while that is further than this process has received. */
  private had: Position | null = null;

  constructor(
    private readonly socket: Duplex,
    private readonly maxBytes: number,
    private readonly recipient: Recipient,
  ) {}

  /** What the client is owed. */
  get bytes(): number {
    return this.heldBytes + this.socket.writableLength;
  }

  /** A publication of the channel. Never throws. */
  deliver(position: Position, frame: Buffer): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) {
      this.hold(frame.length, () => this.deliver(position, frame));
    } else if (!this.hasHad(position)) {
      this.position = position;
      this.write(frame);
    }
  }

  /** A frame that has no place in the channel. Never throws. */
  show(frame: Buffer): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) this.hold(frame.length, () => this.show(frame));
    else this.write(frame);
  }

  /**
   * Something that is not of the channel. The cursor stays where it is, so that the client can resume.
   * @param text JSON that is still open: its closing brace is missing. Never throws.
   */
  announce(text: string): void {
    if (!this.recipient.isOpen) return;
    if (this.held !== null) this.hold(text.length, () => this.announce(text));
    else this.send(this.position === null ? `${text}}` : `${text},"cursor":"${formatCursor(this.position)}"}`);
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
   * @param isAhead this process has not yet received the channel up to the position, which the client has had
   */
  goLive(position: Position, isAhead: boolean): void {
    const held = this.held ?? [];
    this.held = null;
    this.heldBytes = 0;
    this.had = position;
    this.position = position;
    for (const each of held) each();
    if (!isAhead) this.had = null;
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

  private hasHad(position: Position): boolean {
    if (this.had === null) return false;
    const order = comparePositions(position, this.had);
    // From here on positions say nothing: a store that loses its newest messages gives theirs out again.
    if (order >= 0) this.had = null;
    return order <= 0;
  }
}
