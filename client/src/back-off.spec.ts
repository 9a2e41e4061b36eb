import { beforeEach, describe, expect, it } from '@jest/globals';
import { BackOff } from './back-off.js';

let now: number;
/** Always draws the longest delay. */
let longest: BackOff;

beforeEach(() => {
  now = 1_000;
  longest = new BackOff(
    () => 1,
    () => now,
  );
});

/** Connects, and lets the link last. */
function hold(backOff: BackOff, ms: number): void {
  backOff.connected();
  now += ms;
}

describe('the delay before the next attempt', () => {
  it('doubles with each failure, to 30 seconds', () => {
    const delays = Array.from({ length: 9 }, () => longest.delayAfter(1006));
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('never gives up, however often it fails', () => {
    for (let n = 0; n < 5_000; n += 1) longest.delayAfter(1006);
    expect(longest.delayAfter(1006)).toBe(30_000);
  });

  it('is random up to that limit', () => {
    const chances = [0, 0.25, 0.5];
    const backOff = new BackOff(() => chances.shift() ?? 1);
    expect([1006, 1006, 1006].map((code) => backOff.delayAfter(code))).toEqual([0, 250, 1_000]);
  });

  it.each([1000, 1001, 1002, 1005, 1007, 1009, 1011, 1013, 4008, 4029])('starts short after %d', (code) => {
    expect(longest.delayAfter(code)).toBe(500);
  });

  it('is up to 5 seconds after the server restarts, and longer if that fails', () => {
    const delays = Array.from({ length: 6 }, () => longest.delayAfter(1012));
    expect(delays).toEqual([5_000, 5_000, 5_000, 5_000, 8_000, 16_000]);
  });

  it('resets once a link has held for 10 seconds, and not before', () => {
    for (let n = 0; n < 4; n += 1) longest.delayAfter(1006);
    hold(longest, 9_999);
    expect(longest.delayAfter(1006)).toBe(8_000);
    hold(longest, 10_000);
    expect(longest.delayAfter(1006)).toBe(500);
  });

  it('does not count time without a link', () => {
    hold(longest, 0);
    longest.delayAfter(1006);
    now += 60_000;
    expect(longest.delayAfter(1006)).toBe(1_000);
  });
});

describe('the delay after a token was refused', () => {
  it('is zero the first time', () => {
    expect(longest.delayAfter(4001)).toBe(0);
  });

  it('grows when the next token is refused too', () => {
    longest.delayAfter(4001);
    expect([longest.delayAfter(4001), longest.delayAfter(4001)]).toEqual([1_000, 2_000]);
  });

  it('is not zero when the next token is accepted, and refused a moment later', () => {
    longest.delayAfter(4001);
    hold(longest, 100);
    expect(longest.delayAfter(4001)).toBe(1_000);
  });

  it('is zero when the next connection has held', () => {
    longest.delayAfter(4001);
    hold(longest, 10_000);
    expect(longest.delayAfter(4001)).toBe(0);
  });

  it('is zero however often the link was lost before', () => {
    for (let n = 0; n < 5; n += 1) longest.delayAfter(1006);
    expect(longest.delayAfter(4001)).toBe(0);
  });
});

describe('a close with 4003', () => {
  it('is followed by no further attempt', () => {
    expect(longest.delayAfter(4003)).toBeNull();
  });
});
