import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Environment } from '../../config/environment.js';
import { Broker, IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { QuietErrorLog } from '../../runtime/quiet-error-log.js';
import { type Batch, isBrokerAtFault, publishBatch } from './outbox-batch.js';
import { AwaitedMessages } from './awaited-messages.js';
import { OutboxTable } from './outbox-table.js';
import { RestingChannels } from './resting-channels.js';

/** How often a process looks for messages that another one has left behind. */
const POLL_MS = 1_000;
/** How soon to look again when another process holds the channels that have messages waiting. */
const CONTENDED_MS = 20;
const SHORTEST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;
const CLEANUP_MS = 60_000;

/**
 * Publishes what waits in the outbox: at once after a commit of this process, and from time to time for processes that
 * died in between or had no broker. Every process runs one.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly channelFailures = new QuietErrorLog(this.logger, 'A channel of the outbox waits');
  private readonly resting = new RestingChannels();
  private readonly table: OutboxTable;
  private readonly awaited = new AwaitedMessages();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private isWoken = false;
  private isStopped = true;
  private backoffMs = 0;
  private cleanedAt = performance.now();
  /** Of the broker's data, as far as this process has seen it. */
  private generation: string | null = null;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broker: Broker,
    private readonly metrics: RealtimeMetrics,
    { history }: Environment,
  ) {
    this.table = new OutboxTable(dataSource, history);
    metrics.queriedGauge('herald_outbox_depth', 'Messages that wait for their publication', () => this.table.depth());
    metrics.queriedGauge('herald_outbox_oldest_seconds', 'How long the oldest of them has waited', () =>
      this.table.age(),
    );
  }

  onApplicationBootstrap(): void {
    this.isStopped = false;
    this.wake();
  }

  /** Waits for the batch in hand; what is left is another process's, or the next start's. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Resolves when this process has published these messages; never, if another one does. */
  published(ids: readonly string[]): Promise<void> {
    return this.awaited.published(ids);
  }

  /** Has the outbox looked through soon. Never throws, never waits. */
  wake(): void {
    if (this.isStopped) return;
    this.isWoken = true;
    // While the broker or the database is failing, the back-off decides when to try again.
    if (this.running === null && this.backoffMs === 0) this.start();
  }

  /**
   * Publishes the latest messages of a channel again, because its stream has lost some. The broker knows the others by their
   * idempotency keys. Never rejects.
   * @returns how many
   */
  async republish(channel: Channel): Promise<number> {
    try {
      const count = await this.table.reopenChannel(channel, IDEMPOTENCY_SECONDS);
      this.wake();
      return count;
    } catch (error) {
      this.logger.error(`Lost messages of ${channel.name} could not be published again: ${String(error)}`);
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
        // Before each batch: under steady load this loop does not end.
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
    // What came in during the clean-up goes out at once, unless it is the broker that has to be waited for.
    const wait = this.isWoken && this.backoffMs === 0 ? 0 : next;
    this.timer = setTimeout(() => this.start(), wait).unref();
  }

  /** @throws the first failure, if it can be the broker's: then everybody waits. */
  private learnFrom(batch: Batch): void {
    const { settled, unreadable, whole, failures } = batch;
    this.awaited.settle(settled.keys());
    for (const [id, error] of unreadable) {
      this.metrics.unreadableMessages.inc();
      this.logger.error(`The message ${id} of the outbox can't be published and is left out: ${error.message}`);
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

  /** A broker that has lost its data gets what its history would still have. */
  private async checkGeneration(): Promise<void> {
    const generation = await this.broker.generation();
    if (generation === null || generation === this.generation) return;
    if (await this.table.reopenForGeneration(generation)) {
      this.logger.warn('The broker has lost its data: the messages that its history would have are published again');
    }
    this.generation = generation;
  }

  /** A method, because both flags change while `run` waits. */
  private shouldGoOn(): boolean {
    return this.isWoken && !this.isStopped;
  }

  private async cleanUp(): Promise<void> {
    if (performance.now() - this.cleanedAt < CLEANUP_MS) return;
    this.cleanedAt = performance.now();
    try {
      await this.table.deletePublished();
    } catch (error) {
      this.logger.warn(`Old messages could not be deleted from the outbox: ${String(error)}`);
    }
  }

  private recover(): void {
    if (this.backoffMs > 0) this.logger.log('The outbox is being published again');
    this.backoffMs = 0;
  }

  private backOff(error: unknown): number {
    if (this.backoffMs === 0) this.logger.warn(`The outbox waits: ${reasonOf(error)}`);
    this.backoffMs = Math.min(LONGEST_BACKOFF_MS, Math.max(SHORTEST_BACKOFF_MS, this.backoffMs * 2));
    return this.backoffMs;
  }
}

/** With what is behind it: that Redis is not available does not say what it has refused. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return String(error);
  return `${String(error)}: ${error.cause.message}`;
}
