import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Renewal, renewalDelay } from './renewal.js';

const NOW = Date.parse('2026-01-15T10:00:00.000Z');

function inSeconds(seconds: number): string {
  return new Date(NOW + seconds * 1_000).toISOString();
}

describe('the time at which a token is replaced', () => {
  it.each([
    ['a minute before its end', 3_600, 3_540],
    ['a minute before its end', 120, 60],
    ['at half of its time, when it has less than two minutes', 60, 30],
    ['at half of its time, when it has little', 4, 2],
    ['in a second at the earliest', 1, 1],
    ['in a second, when it seems to be over by a clock that is ahead', -3_600, 1],
    ['a minute before its end, also in a year', 31_536_000, 31_535_940],
  ])('is %s', (_, seconds, expected) => {
    expect(renewalDelay(inSeconds(seconds), false, NOW)).toBe(expected * 1_000);
  });

  it('is not all the time, when one after the other seems to be over', () => {
    expect(renewalDelay(inSeconds(-3_600), true, NOW)).toBe(10_000);
  });
});

describe('a renewal', () => {
  const renew = jest.fn<() => Promise<void>>();
  let renewal: Renewal;

  beforeEach(() => {
    jest.useFakeTimers({ now: NOW });
    renew.mockReset().mockResolvedValue();
    renewal = new Renewal(renew);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('happens once for each token', async () => {
    renewal.schedule(inSeconds(120));
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it('does not happen at once for a token that lives longer than timers can wait', async () => {
    renewal.schedule(inSeconds(31_536_000));
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(renew).not.toHaveBeenCalled();
  });

  it('is tried again when it has failed', async () => {
    renew.mockRejectedValueOnce(new Error('no network'));
    renewal.schedule(inSeconds(120));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(renew).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(renew).toHaveBeenCalledTimes(2);
  });

  it('is called off', async () => {
    renewal.schedule(inSeconds(120));
    renewal.cancel();
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(renew).not.toHaveBeenCalled();
  });

  it('is for the newest token alone', async () => {
    renewal.schedule(inSeconds(120));
    renewal.schedule(inSeconds(7_200));
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(renew).not.toHaveBeenCalled();
  });
});
