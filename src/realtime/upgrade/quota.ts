/** Counts places under each key, up to a limit. */
export class Quota {
  private readonly counts = new Map<string, number>();

  /** @param limit 0: no limit */
  constructor(private readonly limit: number) {}

  /** How many places under a key are taken. */
  count(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** @returns a function that gives the place back, once however often it is called; null if no place is left */
  claim(key: string): (() => void) | null {
    const count = this.count(key);
    if (this.limit > 0 && count >= this.limit) return null;
    this.counts.set(key, count + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.counts.get(key) ?? 1) - 1;
      if (left === 0) this.counts.delete(key);
      else this.counts.set(key, left);
    };
  }
}
