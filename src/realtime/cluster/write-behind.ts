/** How many are written at a time. */
const BATCH = 500;

/**
 * Brings the state of changed things to a store soon after they have changed, in batches. What is written is the state at
 * that time, whatever has happened in between, so that it may be written again: what failed is, at the next change or `flush`.
 */
export class WriteBehind {
  private readonly changed = new Set<string>();
  private running: Promise<void> | null = null;

  /** @param write brings the state of these to the store */
  constructor(
    private readonly write: (keys: readonly string[]) => Promise<void>,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Never throws, never waits. */
  mark(key: string): void {
    this.changed.add(key);
    void this.flush();
  }

  /** Resolves when all has been written, or writing has failed. Never rejects. */
  flush(): Promise<void> {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async run(): Promise<void> {
    // What is marked in the same turn goes into one batch.
    await Promise.resolve();
    while (this.changed.size > 0) {
      const keys = [...this.changed].slice(0, BATCH);
      for (const key of keys) this.changed.delete(key);
      try {
        await this.write(keys);
      } catch (error) {
        for (const key of keys) this.changed.add(key);
        this.onError(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
  }
}
