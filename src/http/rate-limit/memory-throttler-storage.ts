import type { ThrottlerStorage } from '@nestjs/throttler';
import { recordOf, type ThrottlerRecord } from './request-window.js';

/** Strangers choose the keys. To push a window out, one needs as many addresses: more than the limit was to hold off. */
const MAX_WINDOWS = 100_000;
/**
 * How many of them go when there are too many, and how often those that are over go: many at a time, because to find the first of a
 * Map takes longer the more were deleted in front of it.
 */
const EVICTED_SHARE = 0.1;
const SWEEP_MS = 1_000;

/** Counts the requests to this process. As all windows are as long, the oldest ends first, and no timer is needed to sweep. */
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, { requests: number; endsAt: number }>();
  private sweepAt = 0;

  /** @param now a monotonic clock in whole milliseconds: differences of fractions would be inexact */
  constructor(
    private readonly maxWindows = MAX_WINDOWS,
    private readonly now: () => number = () => Math.floor(performance.now()),
  ) {}

  /** How many keys are remembered. */
  get size(): number {
    return this.windows.size;
  }

  increment(key: string, ttlMs: number, limit: number): Promise<ThrottlerRecord> {
    const now = this.now();
    let window = this.windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { requests: 0, endsAt: now + ttlMs };
      this.windows.delete(key);
      this.makeRoom(now);
      this.windows.set(key, window);
    }
    window.requests += 1;
    return Promise.resolve(recordOf({ requests: window.requests, endsInMs: window.endsAt - now }, limit));
  }

  private makeRoom(now: number): void {
    const isFull = this.windows.size >= this.maxWindows;
    if (!isFull && now < this.sweepAt) return;
    this.sweepAt = now + SWEEP_MS;
    const most = isFull ? this.maxWindows * (1 - EVICTED_SHARE) : Infinity;
    for (const [key, { endsAt }] of this.windows) {
      if (endsAt > now && this.windows.size <= most) return;
      this.windows.delete(key);
    }
  }
}
