import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** A metric with its values from one process. */
export type Metric = MetricObjectWithValues<MetricValue<string>>;

/**
 * Messages between a server process and the primary process: the server process asks for `all`, the primary asks every server process
 * for its `own`. Each answer has the number of its question.
 */
export type MetricsMessage =
  | { herald: 'metrics'; ask: 'all' | 'own'; number: number }
  | { herald: 'metrics'; own: Metric[]; number: number }
  | { herald: 'metrics'; all: string; number: number };

/** Node itself and others use the same channel. */
export function isMetricsMessage(message: unknown): message is MetricsMessage {
  return typeof message === 'object' && message !== null && 'herald' in message && message.herald === 'metrics';
}
