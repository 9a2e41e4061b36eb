interface Entry<V> {
  value: V;
  endsAt: number;
}

/**
 * A map whose entries expire a fixed time after they were last set. As the time is the same for all, the oldest are always at the
 * front, where every `set` removes expired ones: no timer is needed, and memory follows use.
 */
export class ExpiringMap<V> {
  private readonly entries = new Map<string, Entry<V>>();
  /** One iteration over all entries. A new one would each time have to skip the gaps that deleted entries left at the front. */
  private readonly walk = this.entries.entries();
  /** The oldest entry, unless it has been deleted or set again since. */
  private front: [key: string, entry: Entry<V>] | undefined;

  /**
   * @param ttlMs how long an entry lives
   * @param now a monotonic clock in milliseconds
   */
  constructor(
    private readonly ttlMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry === undefined || entry.endsAt <= this.now() ? undefined : entry.value;
  }

  /** The values that have not expired. */
  *values(): Generator<V> {
    const now = this.now();
    for (const { value, endsAt } of this.entries.values()) if (endsAt > now) yield value;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  set(key: string, value: V): void {
    const now = this.now();
    const entry = { value, endsAt: now + this.ttlMs };
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.front ??= this.step();
    // Stops at the new entry at the latest, so the iteration never finishes.
    while (this.front !== undefined && this.front[1] !== entry) {
      const [oldest, { endsAt }] = this.front;
      const isThere = this.entries.get(oldest) === this.front[1];
      if (isThere && endsAt > now) return;
      if (isThere) this.entries.delete(oldest);
      this.front = this.step();
    }
  }

  private step(): [string, Entry<V>] | undefined {
    const { done, value } = this.walk.next();
    return done === true ? undefined : value;
  }
}
