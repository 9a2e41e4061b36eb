import type { Position } from '../broker/cursor.js';

/** The positions of a channel's most recent messages, by message id, up to a capacity. */
export class RecentPositions {
  private readonly positions = new Map<string, Position>();
  /** The ids in order of arrival, as a ring. (Finding a map's first key gets slower with every deletion before it.) */
  private readonly ring: string[] = [];
  private oldest = 0;

  constructor(private readonly capacity: number) {}

  get(id: string): Position | undefined {
    return this.positions.get(id);
  }

  set(id: string, position: Position): void {
    const isNew = !this.positions.has(id);
    this.positions.set(id, position);
    if (!isNew) return;
    const replaced = this.ring[this.oldest];
    if (replaced !== undefined) this.positions.delete(replaced);
    this.ring[this.oldest] = id;
    this.oldest = (this.oldest + 1) % this.capacity;
  }
}
