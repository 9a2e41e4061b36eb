import { describe, expect, it } from '@jest/globals';
import { pointOf, readingOf } from './node-metrics.js';
import { parsePrometheus } from './prometheus.js';

function reading(at: number, deliveries: number, startedAt = 1) {
  const text = [
    `process_start_time_seconds ${startedAt}`,
    'herald_connections{endpoint="events"} 2',
    `herald_deliveries_total ${deliveries}`,
    `herald_commit_to_socket_seconds_bucket{le="0.01"} ${deliveries}`,
    `herald_commit_to_socket_seconds_bucket{le="+Inf"} ${deliveries}`,
  ].join('\n');
  return readingOf(parsePrometheus(text), at);
}

describe('pointOf', () => {
  it('computes rates from two readings of one process', () => {
    const point = pointOf(reading(1_000, 10), reading(3_000, 30));
    expect(point).toMatchObject({ at: 3_000, connections: 2, deliveries: 10 });
    expect(point.median).toBeCloseTo(5);
    expect(point.p95).toBeCloseTo(9.5);
  });

  it('computes no rates from readings of two processes behind one address', () => {
    const point = pointOf(reading(1_000, 10, 1), reading(3_000, 30, 2));
    expect(point).toEqual({ at: 3_000, connections: 2, deliveries: null, median: null, p95: null });
  });

  it('has no latency where nothing was delivered', () => {
    expect(pointOf(reading(1_000, 10), reading(3_000, 10))).toMatchObject({ deliveries: 0, median: null });
  });

  it('refuses an answer that holds other metrics, or none', () => {
    expect(() => readingOf(parsePrometheus('<html></html>'), 0)).toThrow('doesn’t return Herald’s metrics');
  });
});
