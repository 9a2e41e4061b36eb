import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Values of a histogram of the event loop's delay, which takes as much CPU time as all else in an idle process. */
const COSTLY = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (each) => `nodejs_eventloop_lag_${each}_seconds`,
);
/** `setInterval`'s longest: in effect the histogram is off. */
const NEVER_MS = 2 ** 31 - 1;

/** Adds the usual metrics of a Node process, except those that cost too much; the engine measures its delay itself. */
export function addDefaultMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const name of COSTLY) registry.removeSingleMetric(name);
}
