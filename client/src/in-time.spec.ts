import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { inTime } from './in-time.js';

const { signal } = new AbortController();

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('work that must not take forever', () => {
  it('returns the result of the work', async () => {
    await expect(inTime('It', 1_000, signal, () => 'at once')).resolves.toBe('at once');
    await expect(inTime('It', 1_000, signal, () => Promise.resolve('soon'))).resolves.toBe('soon');
    await expect(inTime('It', 1_000, signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is aborted on the timeout', async () => {
    const work = jest.fn<(signal: AbortSignal) => Promise<never>>().mockReturnValue(new Promise(() => undefined));
    const done = inTime('The work', 1_000, signal, work);
    jest.advanceTimersByTime(999);
    expect(work.mock.calls[0]?.[0].aborted).toBe(false);
    jest.advanceTimersByTime(1);
    await expect(done).rejects.toThrow('The work took longer than 1000 ms');
    expect(work.mock.calls[0]?.[0].aborted).toBe(true);
  });

  it('is aborted with its signal, and leaves no timer', async () => {
    const wish = new AbortController();
    const done = inTime('It', 1_000, wish.signal, () => new Promise<never>(() => undefined));
    wish.abort(new Error('no more'));
    await expect(done).rejects.toThrow('no more');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not start if its signal is already aborted', async () => {
    const work = jest.fn(() => 'done');
    await expect(inTime('It', 1_000, AbortSignal.abort(), work)).rejects.toThrow();
    expect(work).not.toHaveBeenCalled();
  });
});
