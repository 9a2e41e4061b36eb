import { describe, expect, it } from '@jest/globals';
import { bucketsOf, parsePrometheus, quantile, sumOf } from './prometheus.js';

const TEXT = `# HELP herald_connections Connections of this process
# TYPE herald_connections gauge
herald_connections{endpoint="notifications"} 3
herald_connections{endpoint="events"} 4
seconds_bucket{le="0.01"} 8
seconds_bucket{le="0.1"} 10
seconds_bucket{le="+Inf"} 10
odd{path="a\\"b,c=\\"d"} 1e-3 1795553277402
`;

describe('parsePrometheus', () => {
  it('reads names, labels and values, and skips lines that aren’t samples', () => {
    const samples = parsePrometheus(TEXT);
    expect(samples).toHaveLength(6);
    expect(samples[0]).toEqual({ name: 'herald_connections', labels: { endpoint: 'notifications' }, value: 3 });
    expect(samples.at(-1)).toEqual({ name: 'odd', labels: { path: 'a"b,c="d' }, value: 0.001 });
  });

  it('sums a metric over its labels, and gives null for an unknown metric', () => {
    expect(sumOf(parsePrometheus(TEXT), 'herald_connections')).toBe(7);
    expect(sumOf(parsePrometheus(TEXT), 'herald')).toBeNull();
  });
});

describe('quantile', () => {
  const before = new Map([
    [0.01, 5],
    [0.1, 5],
    [Infinity, 5],
  ]);

  it('counts only what was observed between two readings', () => {
    const after = bucketsOf(parsePrometheus(TEXT), 'seconds');
    // Of five, three are below 0.01 and two between 0.01 and 0.1.
    expect(quantile(0.5, before, after)).toBeCloseTo(0.01 * (2.5 / 3));
    expect(quantile(0.8, before, after)).toBeCloseTo(0.055);
  });

  it('is null when nothing was observed', () => {
    expect(quantile(0.5, before, before)).toBeNull();
    expect(quantile(0.5, new Map(), new Map())).toBeNull();
  });

  it('gives the last bound for values beyond it', () => {
    const after = new Map([...before, [Infinity, 9]]);
    expect(quantile(0.95, before, after)).toBe(0.1);
  });
});
