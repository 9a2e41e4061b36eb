import { describe, expect, it } from '@jest/globals';
import type { ChartPoint, Series } from './chart-card.js';
import { rangesOf } from './chart-summary.js';

function point(at: number, median: number | null, p95: number | null): ChartPoint {
  return { at, connections: null, deliveries: null, median, p95 };
}

const SERIES: readonly Series[] = [
  { key: 'p95', name: '95 %', color: 'red' },
  { key: 'median', name: 'Half', color: 'blue' },
];

describe('a chart in words', () => {
  it('gives the range of each line', () => {
    const points = [point(1, 2, 1_004.26), point(2, null, null), point(3, 1, 30)];
    expect(rangesOf(points, SERIES, 'ms')).toBe('95 %: from 30 to 1,004.3 ms. Half: from 1 to 2 ms.');
    expect(rangesOf(points, SERIES, '')).toBe('95 %: from 30 to 1,004.3. Half: from 1 to 2.');
  });

  it('leaves out a line that has no points', () => {
    expect(rangesOf([point(1, 2, null)], SERIES, 'ms')).toBe('Half: from 2 to 2 ms.');
    expect(rangesOf([], SERIES, 'ms')).toBe('');
  });
});
