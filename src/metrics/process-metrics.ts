import cluster from 'node:cluster';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Environment } from '../config/environment.js';
import { Questions } from './questions.js';
import { isMetricsMessage, type MetricsMessage } from './metrics-messages.js';

/** How long the answer for all may take: longer than any process may take for its own. */
const DEADLINE_MS = 3_000;

/**
 * What `/metrics` shows: of this process, or, where several share the port, of all of them, because nobody who asks can choose
 * which of them answers.
 */
@Injectable()
export class ProcessMetrics implements OnApplicationShutdown {
  private readonly isOneOfSeveral: boolean;
  private readonly logger = new Logger(ProcessMetrics.name);
  private readonly questions = new Questions<string>(DEADLINE_MS);
  private reading: Promise<string> | null = null;

  constructor(
    private readonly registry: Registry,
    { webConcurrency }: Environment,
  ) {
    this.isOneOfSeveral = webConcurrency > 1 && cluster.isWorker;
    if (this.isOneOfSeveral) process.on('message', this.onMessage);
  }

  onApplicationShutdown(): void {
    process.off('message', this.onMessage);
  }

  /** In Prometheus's text format. Those of this process alone if the others can't be asked. */
  read(): Promise<string> {
    // However many ask at the same time, they are read once.
    this.reading ??= this.collect().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async collect(): Promise<string> {
    const all = this.isOneOfSeveral
      ? await this.questions.ask((number) => say({ herald: 'metrics', ask: 'all', number }))
      : null;
    return all ?? this.registry.metrics();
  }

  private readonly onMessage = (message: unknown): void => {
    if (!isMetricsMessage(message)) return;
    if ('all' in message) this.questions.answer(message.number, message.all);
    if ('ask' in message) void this.tellOwn(message.number);
  };

  /** Never rejects. */
  private async tellOwn(number: number): Promise<void> {
    try {
      say({ herald: 'metrics', own: await this.registry.getMetricsAsJSON(), number });
    } catch (error) {
      // A gauge of the application's, say, whose reading has failed.
      this.logger.warn(`The metrics of this process could not be read: ${String(error)}`);
      say({ herald: 'metrics', own: [], number });
    }
  }
}

/** A process that has started this one and is gone hears nothing: this one ends, too. */
function say(message: MetricsMessage): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
