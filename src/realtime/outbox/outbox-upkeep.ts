import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { RealtimeSettings } from '../settings.js';
import { MOST_COUNTED, OutboxTable } from './outbox-table.js';

const INTERVAL_MS = 60_000;

/** Measures the outbox, and deletes what is no longer needed of it, beside publishing. */
@Injectable()
export class OutboxUpkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(OutboxUpkeep.name);
  private readonly table: OutboxTable;
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;

  constructor(@InjectDataSource() dataSource: DataSource, metrics: RealtimeMetrics, { history }: RealtimeSettings) {
    this.table = new OutboxTable(dataSource, history);
    metrics.queriedGauge('herald_outbox_depth', `Messages waiting in the outbox, counted up to ${MOST_COUNTED}`, () =>
      this.table.depth(),
    );
    metrics.queriedGauge('herald_outbox_oldest_seconds', 'How long the oldest waiting message has waited', () =>
      this.table.age(),
    );
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.start(), INTERVAL_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.running;
  }

  private start(): void {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
  }

  private async run(): Promise<void> {
    try {
      await this.table.deletePublished(this.stopping.signal);
    } catch (error) {
      this.logger.warn(`Could not delete old messages from the outbox: ${String(error)}`);
    }
  }
}
