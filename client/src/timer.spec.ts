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

  it('that is cancelled does not run, however long it was to be', () => {
    const run = jest.fn();
    const cancel = after(100 * DAY_MS, run);
    jest.advanceTimersByTime(60 * DAY_MS);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(60 * DAY_MS);
    expect(run).not.toHaveBeenCalled();
  });

  it.each([true, false])('keeps a process of Node alive only if it is to: %p', (keepsAlive) => {
    jest.useRealTimers();
    const set = jest.spyOn(globalThis, 'setTimeout');
    after(1_000, () => undefined, keepsAlive)();
    const timer: unknown = set.mock.results[0]?.value;
    set.mockRestore();
    expect((timer as { hasRef(): boolean }).hasRef()).toBe(keepsAlive);
  });
});
