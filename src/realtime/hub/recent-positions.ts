import type { Position } from '../broker/cursor.js';

/** Where the last messages of a channel were received, by their ids: up to a number of them. */
export class RecentPositions {
  private readonly positions = new Map<string, Position>();
  /** The ids in the order they came, from `oldest` on and round: to find the first of a map takes as long as there are gaps before it. */
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
