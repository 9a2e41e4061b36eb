import { setTimeout as wait } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';

/** How long who reads the metrics waits for an answer. Shorter than scrapers wait, which would then have no metrics at all. */
const DEADLINE_MS = 1_000;

/**
 * A gauge whose value has to be asked for, of a database that may be slow or away. While there is no answer in time it has no value,
 * rather than an old one. However often the metrics are read, one question is under way at most.
 */
export class QueriedGauge {
  private asking: Promise<number | null> | null = null;
  private readonly gauge: Gauge;

  /** @param known gets 1 for its name when it has a value, else 0 */
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
