import type { Position } from '../broker/cursor.js';

/** Bytes of one entry: 32 bits and 12 bits of hashes of the id, 4 for the epoch; then 4 bytes of the offset, 4 of the tag. */
const [ENTRY, SECOND, OFFSET, TAG] = [14, 4, 6, 10];
const SMALLEST = 8;
const MOST_EPOCHS = 16;
const NO_ENTRIES = new DataView(new ArrayBuffer(0));

/**
 * The positions of a channel's most recent messages, by message id, up to a capacity. Compact, as a node has many
 * channels: ids as strings would keep alive the envelopes that they were cut from.
 */
export class RecentPositions {
  private entries = NO_ENTRIES;
  private count = 0;
  /** Where the next entry goes once the capacity is reached. */
  private oldest = 0;
  /** Those of the entries; there are rarely two. */
  private epochs: string[] = [];

  constructor(private readonly capacity: number) {}

  get(id: string): Position | undefined {
    const at = this.find(id);
    if (at === -1) return undefined;
    return {
      epoch: this.epochs[this.entries.getUint16(at + SECOND) % MOST_EPOCHS] ?? '',
      offset: this.entries.getUint32(at + OFFSET),
      tag: this.entries
        .getUint32(at + TAG)
        .toString(16)
        .padStart(8, '0'),
    };
  }

  /** @param position its tag is of eight hexadecimal digits */
  set(id: string, { epoch, offset, tag }: Position): void {
    const epochIndex = this.indexOf(epoch);
    let at = this.find(id);
    if (at === -1) at = this.place();
    const { first, second } = hashOf(id);
    this.entries.setUint32(at, first);
    this.entries.setUint16(at + SECOND, second * MOST_EPOCHS + epochIndex);
    this.entries.setUint32(at + OFFSET, offset);
    this.entries.setUint32(at + TAG, Number.parseInt(tag, 16));
  }

  /** Where an entry begins; -1 if there is none. */
  private find(id: string): number {
    const { first, second } = hashOf(id);
    const end = this.count * ENTRY;
    for (let at = 0; at < end; at += ENTRY) {
      if (this.entries.getUint32(at) === first && this.entries.getUint16(at + SECOND) >>> 4 === second) return at;
    }
    return -1;
  }

  private place(): number {
    if (this.count === this.capacity) {
      const at = this.oldest * ENTRY;
      this.oldest = (this.oldest + 1) % this.capacity;
      return at;
    }
    const needed = (this.count + 1) * ENTRY;
    if (needed > this.entries.byteLength) {
      const size = Math.min(this.capacity, Math.max(SMALLEST, 2 * this.count)) * ENTRY;
      const larger = new Uint8Array(size);
      larger.set(new Uint8Array(this.entries.buffer));
      this.entries = new DataView(larger.buffer);
    }
    this.count += 1;
    return needed - ENTRY;
  }

  private indexOf(epoch: string): number {
    const known = this.epochs.lastIndexOf(epoch);
    if (known !== -1) return known;
    // So many epochs mean that the broker loses its data again and again: older entries are of no use.
    if (this.epochs.length === MOST_EPOCHS) {
      this.epochs = [];
      this.count = 0;
      this.oldest = 0;
    }
    return this.epochs.push(epoch) - 1;
  }
}

/** FNV-1a with two starts: together mistaken once in 10^10 among some hundred ids. */
function hashOf(id: string): { first: number; second: number } {
  let first = 0x811c9dc5;
  let second = 0x1234567;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x85ebca6b);
  }
  return { first: first >>> 0, second: (second >>> 20) & 0xfff };
}
