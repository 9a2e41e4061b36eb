/** The ids of the last messages, up to a number of them. */
export class RecentIds {
  private readonly ids = new Set<string>();
  /** The same in the order they came, from `oldest` on and round: to find the first of a set takes as long as there are gaps before it. */
  private readonly ring: string[] = [];
  private oldest = 0;

  constructor(private readonly capacity: number) {}

  has(id: string): boolean {
    return this.ids.has(id);
  }

  add(id: string): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    const replaced = this.ring[this.oldest];
    if (replaced !== undefined) this.ids.delete(replaced);
    this.ring[this.oldest] = id;
    this.oldest = (this.oldest + 1) % this.capacity;
  }
}
