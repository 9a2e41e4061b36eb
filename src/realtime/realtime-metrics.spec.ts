import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { RealtimeMetrics } from './realtime-metrics.js';

describe('the metrics', () => {
  it('leave out what can’t be read now, and show the rest', async () => {
    const registry = new Registry();
    const metrics = new RealtimeMetrics(registry);
    let depth: () => Promise<number> = () => Promise.resolve(3);
    metrics.gauge('depth', 'How much waits', () => depth());
    expect(await registry.metrics()).toMatch(/^depth 3$/m);
    depth = () => Promise.reject(new Error('the database is away'));
    const text = await registry.metrics();
    expect(text).not.toMatch(/^depth /m);
    expect(text).toMatch(/^herald_deliveries_total 0$/m);
    depth = () => Promise.resolve(4);
    expect(await registry.metrics()).toMatch(/^depth 4$/m);
  });
});
