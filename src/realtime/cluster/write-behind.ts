/** How many keys one write covers. */
const BATCH = 500;

/**
 * Writes changed state to a store soon after the change, in batches. It always writes the current state, so a failed
 * write can simply be repeated, at the next change or `flush`.
 */
export class WriteBehind {
  private readonly changed = new Set<string>();
  private running: Promise<void> | null = null;

  /** @param write writes the current state of these keys */
  constructor(
    private readonly write: (keys: readonly string[]) => Promise<void>,
    private readonly onError: (error: Error) => void,
  ) {}

  /** Notes a change. Never throws, never waits. */
  mark(key: string): void {
    this.changed.add(key);
    void this.flush();
  }

  /** Resolves when everything has been written, or writing has failed. Never rejects. */
  flush(): Promise<void> {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async run(): Promise<void> {
    // Keys marked in the same turn go into one batch.
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
