import type { ThrottlerStorage } from '@nestjs/throttler';
import { recordOf, type ThrottlerRecord } from './request-window.js';

/** Clients choose the keys. Evicting a window takes this many addresses: more than a rate limit can stop anyway. */
const MAX_WINDOWS = 100_000;
/**
 * The share to evict when full, and how often to sweep ended windows. Both delete many at a time, because finding the first entry of
 * a Map takes longer the more were deleted in front of it.
 */
const EVICTED_SHARE = 0.1;
const SWEEP_MS = 1_000;

/** Counts requests in this process. All windows have the same length, so the oldest ends first, and no timer is needed. */
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, { requests: number; endsAt: number }>();
  private sweepAt = 0;

  /** @param now a monotonic clock in whole milliseconds: differences of fractions would be inexact */
  constructor(
    private readonly maxWindows = MAX_WINDOWS,
    private readonly now: () => number = () => Math.floor(performance.now()),
  ) {}

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
