import cluster from 'node:cluster';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Environment } from '../config/environment.js';
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
  private readonly waiting = new Map<number, (text: string) => void>();
  private lastNumber = 0;
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
    return (this.isOneOfSeveral ? await this.askForAll() : null) ?? this.registry.metrics();
  }

  private async askForAll(): Promise<string | null> {
    this.lastNumber += 1;
    const number = this.lastNumber;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string | null>((resolve) => {
        timer = setTimeout(() => resolve(null), DEADLINE_MS);
        this.waiting.set(number, resolve);
        say({ herald: 'metrics', ask: 'all', number });
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(number);
    }
  }

  private readonly onMessage = (message: unknown): void => {
    if (!isMetricsMessage(message)) return;
    if ('all' in message) this.waiting.get(message.number)?.(message.all);
    if ('ask' in message) void this.tellOwn(message.number);
  };

  private async tellOwn(number: number): Promise<void> {
    say({ herald: 'metrics', own: await this.registry.getMetricsAsJSON(), number });
  }
}

/** A process that has started this one and is gone hears nothing: this one ends, too. */
function say(message: MetricsMessage): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
