import type { Worker } from 'node:cluster';
import { AggregatorRegistry, Gauge } from 'prom-client';
import { Questions } from './questions.js';
import { isMetricsMessage, type Metric, type MetricsMessage } from './metrics-messages.js';

/** How long a server process may take. A hung process is left out: that is when the others' metrics matter most. */
const DEADLINE_MS = 2_000;

/** The metrics of all server processes of this machine, each value with the number of its process. */
export class GatheredMetrics {
  private readonly questions = new Questions<Metric[]>(DEADLINE_MS);
  private gathering: Promise<string> | null = null;

  /** @param serving the serving processes by their numbers */
  constructor(private readonly serving: () => ReadonlyMap<number, Worker>) {}

  /** Handles a server process's metrics messages. */
  attach(server: Worker): void {
    server.on('message', (message: unknown) => {
      if (!isMetricsMessage(message)) return;
      if ('own' in message) this.questions.answer(message.number, message.own);
      if ('ask' in message) void this.answer(server, message.number);
    });
  }

  private async answer(server: Worker, number: number): Promise<void> {
    // Concurrent requests share one answer.
    this.gathering ??= this.gather().finally(() => {
      this.gathering = null;
    });
    say(server, { herald: 'metrics', all: await this.gathering, number });
  }

  private async gather(): Promise<string> {
    const answers = await Promise.all(
      [...this.serving()].map(async ([process, server]) => labelled(await this.ask(server), String(process))),
    );
    const registry = AggregatorRegistry.aggregate(answers);
    new Gauge({
      name: 'herald_server_processes',
      help: 'Server processes sharing the port that reported their metrics',
      registers: [registry],
    }).set(answers.filter(({ length }) => length > 0).length);
    return registry.metrics();
  }

  /** Empty if it does not answer in time. */
  private async ask(server: Worker): Promise<Metric[]> {
    const own = await this.questions.ask((number) => say(server, { herald: 'metrics', ask: 'own', number }));
    return own ?? [];
  }
}

/**
 * Sums would hide which process is in trouble, and drop when one is replaced, which Prometheus takes for a counter reset. So each
 * process keeps its own series, and nothing is aggregated.
 */
function labelled(metrics: readonly Metric[], process: string): Metric[] {
  return metrics.map((metric) => ({
    ...metric,
    aggregator: 'first',
    values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, process } })),
  }));
}

/** Ignores a process that has ended in the meantime; its question times out. */
function say(server: Worker, message: MetricsMessage): void {
  if (server.isConnected()) server.send(message, undefined, () => undefined);
}
