import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { after } from './timer.js';

const DAY_MS = 86_400_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a timer', () => {
  it.each([1, 1_000, 2 ** 31 - 1, 2 ** 31, 100 * DAY_MS])('runs once after %d ms, and not before', (ms) => {
    const run = jest.fn();
    after(ms, run);
    jest.advanceTimersByTime(ms - 1);
    expect(run).toHaveBeenCalledTimes(0);
    jest.advanceTimersByTime(DAY_MS);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('does not run once it is cancelled, however long its delay', () => {
    const run = jest.fn();
    const cancel = after(100 * DAY_MS, run);
    jest.advanceTimersByTime(60 * DAY_MS);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(60 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });

  it.each([true, false])('keeps a Node process alive only if asked to: %p', (keepsAlive) => {
    jest.useRealTimers();
    const set = jest.spyOn(globalThis, 'setTimeout');
    after(1_000, () => undefined, keepsAlive)();
    const timer: unknown = set.mock.results[0]?.value;
    set.mockRestore();
    expect((timer as { hasRef(): boolean }).hasRef()).toBe(keepsAlive);
  });
});
