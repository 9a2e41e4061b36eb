import cluster from 'node:cluster';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Environment } from '../config/environment.js';
import { Questions } from './questions.js';
import { isMetricsMessage, type MetricsMessage } from './metrics-messages.js';

/** How long the metrics of all processes may take: longer than those of one. */
const DEADLINE_MS = 3_000;

/**
 * The content of `/metrics`: of this process or, if several share the port, of all of them, as a client can't choose which process
 * answers.
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

  /** In Prometheus's text format. Only this process's metrics if the others don't answer. */
  read(): Promise<string> {
    // Concurrent requests share one reading.
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
      // For example, because a gauge of the application failed.
      this.logger.warn(`The metrics of this process could not be read: ${String(error)}`);
      say({ herald: 'metrics', own: [], number });
    }
  }
}

/** Ignores errors: if the primary process is gone, this one is about to end. */
function say(message: MetricsMessage): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
