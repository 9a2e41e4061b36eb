import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { thresholdReached } from './quota-threshold.js';

/** All warnings from zero up to the limit, each with the number that triggers it. */
function warnings(limit: number): [number, number][] {
  return Array.from({ length: limit }, (_, index) => index + 1).flatMap((used): [number, number][] => {
    const percent = thresholdReached(used, limit);
    return percent === null ? [] : [[used, percent]];
  });
}

describe('thresholdReached', () => {
  it.each<[number, [number, number][]]>([
    [
      1_000,
      [
        [800, 80],
        [900, 90],
        [1_000, 100],
      ],
    ],
    [
      10,
      [
        [8, 80],
        [9, 90],
        [10, 100],
      ],
    ],
    [
      7,
      [
        [6, 80],
        [7, 100],
      ],
    ],
    [
      5,
      [
        [4, 80],
        [5, 100],
      ],
    ],
    [3, [[3, 100]]],
    [1, [[1, 100]]],
  ])('warns on the way to %d once a number', (limit, expected) => {
    expect(warnings(limit)).toEqual(expected);
  });

  it('never warns below a threshold, always warns at the limit, and warns of each once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (limit) => {
        const reached = warnings(limit);
        for (const [used, percent] of reached) expect(used * 100).toBeGreaterThanOrEqual(limit * percent);
        expect(reached.at(-1)).toEqual([limit, 100]);
        expect(new Set(reached.map(([, percent]) => percent)).size).toBe(reached.length);
      }),
    );
  });
});
