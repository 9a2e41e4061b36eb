import { setTimeout as wait } from 'node:timers/promises';
import type { CrowdProcess } from './crowd-process.js';

/** How many events of a flood are on their way at a time. */
const IN_FLIGHT = 8;
/** How long after its end a flood's last events may arrive. */
const GRACE_MS = 30_000;

export type Publish = (n: number) => Promise<unknown>;

/** Publishes events to the members that have joined, and waits for them to arrive. */
export class Stage {
  constructor(
    private readonly crowd: CrowdProcess,
    private readonly members: number,
    private readonly publish: Publish,
  ) {}

  /** Publishes the next event whenever one has arrived. Resolves with the number of deliveries, once all have arrived. */
  async flood(ms: number): Promise<number> {
    const flight = await this.begin(false);
    const end = performance.now() + ms;
    const publishing = async (): Promise<void> => {
      while (performance.now() < end) {
        flight.publish();
        await flight.lessThan(IN_FLIGHT);
      }
      await flight.lessThan(1);
    };
    await this.within(ms + GRACE_MS, publishing());
    return flight.published * this.members;
  }

  /** Publishes events at a steady rate. Resolves with the latencies of the sampled members, in milliseconds. */
  async pace(perSecond: number, ms: number): Promise<number[]> {
    const flight = await this.begin(true);
    const start = performance.now();
    const publishing = async (): Promise<void> => {
      for (let n = 1; n <= (perSecond * ms) / 1_000; n += 1) {
        flight.publish();
        await wait(Math.max(0, start + (n * 1_000) / perSecond - performance.now()));
      }
      await flight.lessThan(1);
    };
    await this.within(ms + GRACE_MS, publishing());
    return this.crowd.order({ order: 'latencies' });
  }

  private async begin(isSampling: boolean): Promise<Flight> {
    await this.crowd.order({ order: 'count', isSampling });
    const flight = new Flight(this.publish);
    this.crowd.onDelivered = (frames) => flight.arrived(Math.floor(frames / this.members));
    return flight;
  }

  private async within(ms: number, work: Promise<void>): Promise<void> {
    const end = new AbortController();
    const late = wait(ms, undefined, { signal: end.signal }).then(() => {
      throw new Error(`Not everything that was published has arrived within ${ms} ms`);
    });
    try {
      await this.crowd.orFail(Promise.race([work, late]));
    } finally {
      late.catch(() => undefined);
      end.abort();
    }
  }
}

/** The events that were published and have yet to arrive. */
class Flight {
  published = 0;
  private count = 0;
  private error: unknown = null;
  private wake: () => void = () => undefined;

  constructor(private readonly send: Publish) {}

  publish(): void {
    const n = this.published;
    this.published += 1;
    this.send(n).catch((error: unknown) => {
      this.error = error;
      this.wake();
    });
  }

  /** @param count of all that were published */
  arrived(count: number): void {
    this.count = count;
    this.wake();
  }

  /** Resolves when fewer events than a number are on their way; rejects if one could not be published. */
  async lessThan(limit: number): Promise<void> {
    while (this.published - this.count >= limit && this.error === null) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.error !== null) throw this.error as Error;
  }
}
