import { describe, expect, it } from '@jest/globals';
import { RateLimit } from './rate-limit.js';

describe('RateLimit', () => {
  it('passes the burst, reports the first drop, and closes after a whole burst of drops', () => {
    const limit = new RateLimit(10, 3, () => 0);
    const verdicts = Array.from({ length: 6 }, () => limit.take());
    expect(verdicts).toEqual(['pass', 'pass', 'pass', 'drop-and-tell', 'drop', 'close']);
  });

  it('reports the first drop even if it closes the connection', () => {
    const limit = new RateLimit(10, 1, () => 0);
    expect([limit.take(), limit.take()]).toEqual(['pass', 'tell-and-close']);
  });

  it('refills over time, and then counts drops anew', () => {
    let now = 0;
    const limit = new RateLimit(10, 2, () => now);
    expect([limit.take(), limit.take(), limit.take()]).toEqual(['pass', 'pass', 'drop-and-tell']);
    now = 100;
    expect([limit.take(), limit.take()]).toEqual(['pass', 'drop-and-tell']);
    now = 60_000;
    expect([limit.take(), limit.take(), limit.take()]).toEqual(['pass', 'pass', 'drop-and-tell']);
  });
});
