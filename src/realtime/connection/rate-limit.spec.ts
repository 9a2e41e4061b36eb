import { describe, expect, it } from '@jest/globals';
import { RateLimit } from './rate-limit.js';

describe('RateLimit', () => {
  it('lets the burst pass, tells of the first frame that it drops, and closes after a whole burst of them', () => {
    const limit = new RateLimit(10, 3, () => 0);
    const verdicts = Array.from({ length: 6 }, () => limit.take());
    expect(verdicts).toEqual(['pass', 'pass', 'pass', 'drop-and-tell', 'drop', 'close']);
  });

  it('tells of the first frame that it drops also where that one ends the connection', () => {
    const limit = new RateLimit(10, 1, () => 0);
    expect([limit.take(), limit.take()]).toEqual(['pass', 'tell-and-close']);
  });

  it('fills up again with time, and then counts a new row', () => {
    let now = 0;
    const limit = new RateLimit(10, 2, () => now);
    expect([limit.take(), limit.take(), limit.take()]).toEqual(['pass', 'pass', 'drop-and-tell']);
    now = 100;
    expect([limit.take(), limit.take()]).toEqual(['pass', 'drop-and-tell']);
    now = 60_000;
    expect([limit.take(), limit.take(), limit.take()]).toEqual(['pass', 'pass', 'drop-and-tell']);
  });
});
