/**
 * A map whose entries end a fixed time after they were last set. Because that time is the same for all, the oldest are
 * always at the front, and every `set` sweeps what has ended there: no timer is needed, and memory follows use.
 */
export class ExpiringMap<V> {
  private readonly entries = new Map<string, { value: V; endsAt: number }>();

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

  delete(key: string): void {
    this.entries.delete(key);
  }

  set(key: string, value: V): void {
    const now = this.now();
    this.entries.delete(key);
    this.entries.set(key, { value, endsAt: now + this.ttlMs });
    for (const [oldest, entry] of this.entries) {
      if (entry.endsAt > now) break;
      this.entries.delete(oldest);
    }
  }
}
