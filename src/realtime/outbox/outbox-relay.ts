import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { RealtimeSettings } from '../settings.js';
import { Broker, IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { type Batch, isBrokerAtFault, publishBatch } from './outbox-batch.js';
import { AwaitedMessages } from './awaited-messages.js';
import { OutboxTable } from './outbox-table.js';
import { RestingChannels } from './resting-channels.js';

/** How often a process looks for messages that another one left behind. */
const POLL_MS = 1_000;
/** How soon to look again when another process has locked all channels with waiting messages. */
const CONTENDED_MS = 20;
const SHORTEST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;
const CLEANUP_MS = 60_000;

/**
 * Publishes what waits in the outbox: at once after a commit of this process, and periodically for processes that died
 * or could not reach the broker. Every process runs one.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly channelFailures = new QuietErrorLog(this.logger, 'Could not publish to a channel, retrying');
  private readonly resting = new RestingChannels();
  private readonly table: OutboxTable;
  private readonly awaited = new AwaitedMessages();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private isWoken = false;
  private isStopped = true;
  private backoffMs = 0;
  private cleanedAt = performance.now();
  /** The generation of the broker's data, as last seen by this process. */
  private generation: string | null = null;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broker: Broker,
    private readonly metrics: RealtimeMetrics,
    { history }: RealtimeSettings,
  ) {
    this.table = new OutboxTable(dataSource, history);
    metrics.queriedGauge('herald_outbox_depth', 'Messages waiting in the outbox', () => this.table.depth());
    metrics.queriedGauge('herald_outbox_oldest_seconds', 'How long the oldest waiting message has waited', () =>
      this.table.age(),
    );
  }

  onApplicationBootstrap(): void {
    this.isStopped = false;
    this.wake();
  }

  /** Waits for the current batch. What is left is published by another process, or after the next start. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Resolves when this process has published these messages; never, if another process publishes one. */
  published(ids: readonly string[]): Promise<void> {
    return this.awaited.published(ids);
  }

  /** Starts a run soon. Never throws, never waits. */
  wake(): void {
    if (this.isStopped) return;
    this.isWoken = true;
    // While the broker or the database is failing, the back-off decides when to try again.
    if (this.running === null && this.backoffMs === 0) this.start();
  }

  /**
   * Republishes the latest messages of a channel whose stream has lost some. The broker recognizes those that it still
   * has by their idempotency keys. Never rejects.
   * @returns how many rows wait again
   */
  async republish(channel: Channel): Promise<number> {
    try {
      const count = await this.table.reopenChannel(channel, IDEMPOTENCY_SECONDS);
      this.wake();
      return count;
    } catch (error) {
      this.logger.error(`Could not republish lost messages of ${channel.name}: ${String(error)}`);
      return 0;
    }
  }

  private start(): void {
    clearTimeout(this.timer);
    this.running = this.run().finally(() => {
      this.running = null;
    });
  }

  private async run(): Promise<void> {
    let next = POLL_MS;
    try {
      do {
        this.isWoken = false;
        // Checked before each batch, because under steady load this loop never ends.
        await this.checkGeneration();
        const { dataSource, broker, metrics, generation } = this;
        const batch = await publishBatch({ dataSource, broker, metrics, generation, resting: this.resting.names() });
        this.learnFrom(batch);
        this.recover();
        if (batch.result === 'more') this.isWoken = true;
        next = batch.result === 'contended' ? CONTENDED_MS : Math.min(POLL_MS, this.resting.shortestMs());
      } while (this.shouldGoOn());
    } catch (error) {
      next = this.backOff(error);
    }
    await this.cleanUp();
    if (this.isStopped) return;
    // Publish at once what was committed during the clean-up, unless the relay is backing off.
    const wait = this.isWoken && this.backoffMs === 0 ? 0 : next;
    this.timer = setTimeout(() => this.start(), wait).unref();
  }

  /** @throws the first failure when no channel succeeded, so the whole relay backs off */
  private learnFrom(batch: Batch): void {
    const { settled, unreadable, whole, failures } = batch;
    this.awaited.settle(settled.keys());
    for (const [id, error] of unreadable) {
      this.metrics.unreadableMessages.inc();
      this.logger.error(`Skipped the invalid outbox message ${id}: ${error.message}`);
    }
    for (const channel of whole) this.resting.delete(channel);
    const [failure] = failures.values();
    if (isBrokerAtFault(batch) && failure !== undefined) throw failure;
    for (const [channel, error] of failures) {
      this.resting.add(channel);
      const reason = reasonOf(error);
      this.channelFailures.warn(reason, reason);
    }
  }

  /** Republishes what history would still have, if the broker has lost its data. */
  private async checkGeneration(): Promise<void> {
    const generation = await this.broker.generation();
    if (generation === null || generation === this.generation) return;
    if (await this.table.reopenForGeneration(generation)) {
      this.logger.warn('The broker has lost its data: republishing what its history would still have');
    }
    this.generation = generation;
  }

  /** A method, because both flags change during awaits in `run`, which TypeScript's narrowing ignores. */
  private shouldGoOn(): boolean {
    return this.isWoken && !this.isStopped;
  }

  private async cleanUp(): Promise<void> {
    if (performance.now() - this.cleanedAt < CLEANUP_MS) return;
    this.cleanedAt = performance.now();
    try {
      await this.table.deletePublished();
    } catch (error) {
      this.logger.warn(`Could not delete old messages from the outbox: ${String(error)}`);
    }
  }

  private recover(): void {
    if (this.backoffMs > 0) this.logger.log('The outbox is publishing again');
    this.backoffMs = 0;
  }

  private backOff(error: unknown): number {
    if (this.backoffMs === 0) this.logger.warn(`Could not publish the outbox, retrying: ${reasonOf(error)}`);
    this.backoffMs = Math.min(LONGEST_BACKOFF_MS, Math.max(SHORTEST_BACKOFF_MS, this.backoffMs * 2));
    return this.backoffMs;
  }
}

/** Includes the cause, which the message hides. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return String(error);
  return `${String(error)}: ${error.cause.message}`;
}
