import type { Worker } from 'node:cluster';
import { AggregatorRegistry, Gauge } from 'prom-client';
import { Questions } from './questions.js';
import { isMetricsMessage, type Metric, type MetricsMessage } from './metrics-messages.js';

/** How long a server process may take. One that is stuck is left out: the metrics of the others matter most just then. */
const DEADLINE_MS = 2_000;

/** The metrics of all server processes of this machine, each value with the number of its process. */
export class GatheredMetrics {
  private readonly questions = new Questions<Metric[]>(DEADLINE_MS);
  private gathering: Promise<string> | null = null;

  /** @param serving those that can be asked, by their numbers */
  constructor(private readonly serving: () => ReadonlyMap<number, Worker>) {}

  /** Has a server process ask for the metrics of all. */
  attach(server: Worker): void {
    server.on('message', (message: unknown) => {
      if (!isMetricsMessage(message)) return;
      if ('own' in message) this.questions.answer(message.number, message.own);
      if ('ask' in message) void this.answer(server, message.number);
    });
  }

  private async answer(server: Worker, number: number): Promise<void> {
    // As in each process: who asks while they are being asked gets the same answer.
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
      help: 'How many of the processes that share the port have told their metrics',
      registers: [registry],
    }).set(answers.filter(({ length }) => length > 0).length);
    return registry.metrics();
  }

  /** None if it does not answer in time. */
  private async ask(server: Worker): Promise<Metric[]> {
    const own = await this.questions.ask((number) => say(server, { herald: 'metrics', ask: 'own', number }));
    return own ?? [];
  }
}

/**
 * Sums would hide which process is in trouble, and fall when one is replaced, which Prometheus takes for the beginning of all
 * counters anew. So each process keeps its own series, and nothing is left to aggregate.
 */
function labelled(metrics: readonly Metric[], process: string): Metric[] {
  return metrics.map((metric) => ({
    ...metric,
    aggregator: 'first',
    values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, process } })),
  }));
}

/** One that has ended meanwhile is not waited for longer than for any other. */
function say(server: Worker, message: MetricsMessage): void {
  if (server.isConnected()) server.send(message, undefined, () => undefined);
}
