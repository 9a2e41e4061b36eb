import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Lease } from './lease.js';

let log: string[];
let lease: Lease;

beforeEach(() => {
  jest.useFakeTimers();
  log = [];
  lease = new Lease(() => {
    log.push('start');
    return () => log.push('stop');
  });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a lease', () => {
  it('starts with the first holder, and stops a moment after the last', () => {
    const releases = [lease.take(), lease.take()];
    for (const release of releases) release();
    expect(log).toEqual(['start']);
    jest.runAllTimers();
    expect(log).toEqual(['start', 'stop']);
  });

  it('keeps running when it is taken again at once, as under StrictMode', () => {
    lease.take()();
    const release = lease.take();
    jest.runAllTimers();
    expect(log).toEqual(['start']);
    release();
    // A second release has no effect.
    lease.take();
    release();
    jest.runAllTimers();
    expect(log).toEqual(['start']);
  });

  it('stops at once on request, unless it is held', () => {
    const release = lease.take();
    lease.expire();
    expect(log).toEqual(['start']);
    release();
    lease.expire();
    expect(log).toEqual(['start', 'stop']);
    jest.runAllTimers();
    expect(log).toEqual(['start', 'stop']);
  });

  it('starts again for the next holder if it has ended by itself', () => {
    let isOver = false;
    const start = jest.fn(() => () => undefined);
    const ending = new Lease(start, () => isOver);
    const release = ending.take();
    isOver = true;
    release();
    isOver = false;
    ending.take();
    expect(start).toHaveBeenCalledTimes(2);
  });
});
