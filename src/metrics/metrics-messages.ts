import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** A metric with its values, as one process knows them. */
export type Metric = MetricObjectWithValues<MetricValue<string>>;

/**
 * What a server process and the process that has started it say to each other: the server process asks for `all`, the other one
 * asks every server process for its `own`, and each is told under the number that it has asked with.
 */
export type MetricsMessage =
  | { herald: 'metrics'; ask: 'all' | 'own'; number: number }
  | { herald: 'metrics'; own: Metric[]; number: number }
  | { herald: 'metrics'; all: string; number: number };

/** Others speak through the same channel, such as Node itself. */
export function isMetricsMessage(message: unknown): message is MetricsMessage {
  return typeof message === 'object' && message !== null && 'herald' in message && message.herald === 'metrics';
}
