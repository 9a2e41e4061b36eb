import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { RealtimeMetrics } from './realtime-metrics.js';

describe('the metrics', () => {
  let registry: Registry;
  let metrics: RealtimeMetrics;

  beforeEach(() => {
    registry = new Registry();
    metrics = new RealtimeMetrics(registry);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('leave out a gauge that can’t be read, report that, and show the rest', async () => {
    let depth: () => Promise<number> = () => Promise.resolve(3);
    metrics.queriedGauge('depth', 'How much waits', () => depth());
    expect(await registry.metrics()).toMatch(/^depth 3$/m);
    expect(await registry.metrics()).toMatch(/^herald_gauge_known\{gauge="depth"\} 1$/m);
    depth = () => Promise.reject(new Error('the database is down'));
    const text = await registry.metrics();
    expect(text).not.toMatch(/^depth /m);
    expect(text).toMatch(/^herald_gauge_known\{gauge="depth"\} 0$/m);
    expect(text).toMatch(/^herald_deliveries_total 0$/m);
    depth = () => Promise.resolve(4);
    expect(await registry.metrics()).toMatch(/^depth 4$/m);
  });

  it('wait a second for an answer, and send no second query while waiting', async () => {
    jest.useFakeTimers();
    let questions = 0;
    let answer: (depth: number) => void = () => undefined;
    metrics.queriedGauge('depth', 'How much waits', () => {
      questions += 1;
      return new Promise((resolve) => (answer = resolve));
    });
    for (let scrape = 0; scrape < 3; scrape += 1) {
      const text = registry.metrics();
      await jest.advanceTimersByTimeAsync(1_000);
      expect(await text).not.toMatch(/^depth /m);
    }
    expect(questions).toBe(1);
    answer(3);
    await jest.advanceTimersByTimeAsync(0);
    const text = registry.metrics();
    answer(5);
    expect(await text).toMatch(/^depth 5$/m);
    expect(questions).toBe(2);
  });
});
