import { describe, expect, it } from '@jest/globals';
import { RecentIds } from './recent-ids.js';

describe('RecentIds', () => {
  it('knows the last ids, and forgets the oldest of more', () => {
    const recent = new RecentIds(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) recent.add(id);
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => recent.has(id))).toEqual([false, false, true, true, true]);
  });

  it('takes an id that it knows for the same, in its old place', () => {
    const recent = new RecentIds(3);
    for (const id of ['a', 'b', 'a', 'a', 'c', 'd']) recent.add(id);
    expect(['a', 'b', 'c', 'd'].map((id) => recent.has(id))).toEqual([false, true, true, true]);
  });
});
