import { describe, expect, it } from '@jest/globals';
import { RestingChannels } from './resting-channels.js';

describe('RestingChannels', () => {
  function make(): { resting: RestingChannels; pass: (ms: number) => void } {
    let now = 0;
    return { resting: new RestingChannels(() => now), pass: (ms) => void (now += ms) };
  }

  it('skips failed channels for twice as long after each failure, up to 10 s', () => {
    const { resting, pass } = make();
    for (const ms of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
      resting.add('user:a');
      expect(resting.shortestMs()).toBe(ms);
      pass(ms - 1);
      expect(resting.names()).toEqual(['user:a']);
      pass(1);
      expect(resting.names()).toEqual([]);
    }
  });

  it('starts over after a success', () => {
    const { resting } = make();
    resting.add('user:a');
    resting.add('user:a');
    resting.delete('user:a');
    expect(resting.names()).toEqual([]);
    resting.add('user:a');
    expect(resting.shortestMs()).toBe(100);
  });

  it('forgets a channel that has not failed again for a minute', () => {
    const { resting, pass } = make();
    resting.add('user:a');
    resting.add('user:a');
    pass(60_201);
    expect(resting.names()).toEqual([]);
    resting.add('user:a');
    expect(resting.shortestMs()).toBe(100);
  });

  it('returns when the first of several may be retried', () => {
    const { resting, pass } = make();
    expect(resting.shortestMs()).toBe(Infinity);
    resting.add('user:a');
    resting.add('user:a');
    pass(50);
    resting.add('user:b');
    expect(resting.shortestMs()).toBe(100);
    pass(100);
    expect([resting.names(), resting.shortestMs()]).toEqual([['user:a'], 50]);
  });
});
