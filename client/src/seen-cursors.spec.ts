import { describe, expect, it } from '@jest/globals';
import { SeenCursors } from './seen-cursors.js';

describe('the cursors of frames that came', () => {
  it('recognize a repeated frame', () => {
    const seen = new SeenCursors();
    expect(['a', 'b', 'a', 'b', 'c'].map((cursor) => seen.add(cursor))).toEqual([false, false, true, true, false]);
  });

  it('take one for new that sorts before others: a store that lost its newest messages gives places out again', () => {
    const seen = new SeenCursors();
    seen.add('e.000000000002.aaaaaaaa');
    expect(seen.add('e.000000000001.bbbbbbbb')).toBe(false);
  });

  it('are the newest thousand', () => {
    const seen = new SeenCursors();
    for (let n = 0; n <= 1_000; n += 1) expect(seen.add(String(n))).toBe(false);
    expect(seen.add('1')).toBe(true);
    expect(seen.add('0')).toBe(false);
  });
});
