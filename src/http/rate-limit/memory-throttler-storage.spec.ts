import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryThrottlerStorage } from './memory-throttler-storage.js';

const WINDOW = 60_000;

describe('MemoryThrottlerStorage', () => {
  let now: number;
  let storage: MemoryThrottlerStorage;

  beforeEach(() => {
    now = 0;
    storage = new MemoryThrottlerStorage(100_000, () => now);
  });

  // @abuse LIM-14
  it('remembers at most 100,000 keys of a flood of 300,000, and forgets the oldest first', async () => {
    await storage.increment('first', WINDOW, 3);
    for (let n = 1; n < 300_000; n += 1) void storage.increment(`key-${n}`, WINDOW, 3);
    expect(storage.size).toBeLessThanOrEqual(100_000);
    expect(storage.size).toBeGreaterThan(89_999);
    expect(await storage.increment('key-299999', WINDOW, 3)).toMatchObject({ totalHits: 2 });
    expect(await storage.increment('first', WINDOW, 3)).toMatchObject({ totalHits: 1 });
  });

  // @abuse LIM-14
  it('forgets ended windows that are never read again', async () => {
    for (let n = 0; n < 1_000; n += 1) void storage.increment(`key-${n}`, WINDOW, 3);
    now = WINDOW;
    await storage.increment('later', WINDOW, 3);
    expect(storage.size).toBe(1);
  });
});
