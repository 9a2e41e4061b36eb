import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
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
