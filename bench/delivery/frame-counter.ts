import { OPCODE } from '../../test/support/frames.js';

/** Receives what a `FrameCounter` has found. */
export interface FrameListener {
  /** @param isWhole whether the payload, from `start` to `end`, is in `bytes` completely */
  onText(bytes: Buffer, start: number, end: number, isWhole: boolean): void;
  onPing(): void;
}

/**
 * Reads only the headers of a server's frames (RFC 6455 section 5.2) and skips the payloads: the crowd must do
 * less work than the servers. A frame counts as soon as its header is there.
 */
export class FrameCounter {
  /** Bytes of the last frame's payload that are still to come. */
  private left = 0;
  /** The beginning of a header whose rest is still to come. */
  private cut: Buffer | null = null;

  constructor(private readonly listener: FrameListener) {}

  /** @param room what was received is at its beginning; it may be overwritten afterwards */
  read(room: Buffer, received: number): void {
    const bytes = this.cut === null ? room : Buffer.concat([this.cut, room.subarray(0, received)]);
    const length = this.cut === null ? received : bytes.length;
    this.cut = null;
    let at = this.left;
    while (at < length) {
      const start = startOfPayload(bytes, at);
      if (start > length || at + 1 >= length) {
        this.left = 0;
        this.cut = Buffer.from(bytes.subarray(at, length));
        return;
      }
      const end = start + lengthOfPayload(bytes, at);
      const opcode = (bytes[at] ?? 0) & 0x0f;
      if (opcode === OPCODE.text) this.listener.onText(bytes, start, end, end <= length);
      else if (opcode === OPCODE.ping) this.listener.onPing();
      at = end;
    }
    this.left = at - length;
  }
}

/** Servers don't mask, so the length's own size decides. */
function startOfPayload(bytes: Buffer, at: number): number {
  const short = bytes[at + 1] ?? 0;
  return at + (short < 126 ? 2 : short === 126 ? 4 : 10);
}

function lengthOfPayload(bytes: Buffer, at: number): number {
  const short = bytes[at + 1] ?? 0;
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}
