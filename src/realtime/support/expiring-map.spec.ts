import { describe, expect, it } from '@jest/globals';
import { ExpiringMap } from './expiring-map.js';

describe('ExpiringMap', () => {
  it('expires an entry, and frees it when the next one is set', () => {
    let now = 0;
    const map = new ExpiringMap<string>(1_000, () => now);
    map.set('a', 'first');
    now = 999;
    expect(map.get('a')).toBe('first');
    now = 1_000;
    expect(map.get('a')).toBeUndefined();
    expect(map.size).toBe(1);
    map.set('b', 'second');
    expect(map.size).toBe(1);
  });

  it('restarts the time of an entry that is set again', () => {
    let now = 0;
    const map = new ExpiringMap<number>(1_000, () => now);
    map.set('a', 1);
    map.set('b', 1);
    now = 900;
    map.set('a', 2);
    now = 1_500;
    map.set('c', 1);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([2, undefined, 2]);
  });

  it('frees exactly the expired entries, even after others were deleted or set again', () => {
    let now = 0;
    const map = new ExpiringMap<number>(1_000, () => now);
    for (const key of ['a', 'b', 'c', 'd']) {
      now += 1;
      map.set(key, now);
    }
    now = 10;
    map.delete('a');
    map.set('b', 10);
    map.set('a', 11);
    now = 1_003;
    map.set('e', 12);
    expect([map.size, map.get('c')]).toEqual([4, undefined]);
    now = 1_004;
    map.set('f', 13);
    expect([map.size, map.get('d'), map.get('b'), map.get('a')]).toEqual([4, undefined, 10, 11]);
    now = 5_000;
    map.set('a', 14);
    expect([map.size, map.get('a')]).toEqual([1, 14]);
    now = 9_000;
    map.set('a', 15);
    expect([map.size, map.get('a')]).toEqual([1, 15]);
  });
});
