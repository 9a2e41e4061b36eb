import { setTimeout as wait } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';

/** How long a scrape waits for the value: less than scrapers' own timeouts, after which they get no metrics at all. */
const DEADLINE_MS = 1_000;

/**
 * A gauge whose value comes from a database that may be slow or down. Without an answer in time it has no value rather
 * than a stale one. However often the metrics are read, at most one query runs.
 */
export class QueriedGauge {
  private asking: Promise<number | null> | null = null;
  private readonly gauge: Gauge;

  /** @param known set to 1 for this gauge's name if it has a value, else to 0 */
  constructor(
    private readonly name: string,
    help: string,
    registry: Registry,
    private readonly known: Gauge<'gauge'>,
    private readonly read: () => Promise<number>,
  ) {
    this.gauge = new Gauge({ name, help, registers: [registry], collect: () => this.refresh() });
  }

  /** Resolves within the deadline. Never rejects. */
  async refresh(): Promise<void> {
    this.asking ??= this.ask();
    const inTime = new AbortController();
    const deadline = wait(DEADLINE_MS, null, { signal: inTime.signal }).catch(() => null);
    const value = await Promise.race([this.asking, deadline]);
    inTime.abort();
    if (value === null) this.gauge.remove();
    else this.gauge.set(value);
    this.known.set({ gauge: this.name }, value === null ? 0 : 1);
  }

  private async ask(): Promise<number | null> {
    try {
      return await this.read();
    } catch {
      return null;
    } finally {
      this.asking = null;
    }
  }
}
