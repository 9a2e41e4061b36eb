import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Deadline } from './deadline.js';

const DAY_MS = 86_400_000;

describe('Deadline', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([1, 1_000, 100 * DAY_MS])('calls back once, %d ms from now', (wait) => {
    const onReached = jest.fn();
    new Deadline(Date.now() + wait, onReached);
    jest.advanceTimersByTime(wait - 1);
    expect(onReached).not.toHaveBeenCalled();
    jest.advanceTimersByTime(2);
    expect(onReached).toHaveBeenCalledTimes(1);
  });

  it('does not call back when it was cancelled', () => {
    const onReached = jest.fn();
    new Deadline(Date.now() + 1_000, onReached).cancel();
    jest.advanceTimersByTime(2_000);
    expect(onReached).not.toHaveBeenCalled();
  });
});

describe('Deadlines that are cancelled', () => {
  /** Bytes in use on the heap. */
  function heapBytes(): number {
    setFlagsFromString('--expose-gc');
    const collectGarbage: unknown = runInNewContext('gc');
    if (typeof collectGarbage !== 'function') throw new Error('V8 offers no gc');
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  it('leave nothing behind until their time, however many there were', () => {
    const count = 20_000;
    const pass = (hours: number): void => {
      for (let n = 0; n < count; n += 1) {
        new Deadline(Date.now() + hours * 3_600_000 + n, () => undefined).cancel();
      }
    };
    pass(1);
    const before = heapBytes();
    pass(2);
    expect((heapBytes() - before) / count).toBeLessThan(50);
  });
});
