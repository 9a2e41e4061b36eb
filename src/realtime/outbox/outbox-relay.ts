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
import { LostChannels } from './lost-channels.js';
import { Reopening } from './reopening.js';
import { RestingChannels } from './resting-channels.js';

/** How often a process looks for messages that another one left behind. */
const POLL_MS = 1_000;
/** How soon to look again when another process has locked channels with waiting messages; each time twice as late. */
const SHORTEST_CONTENDED_MS = 20;
const LONGEST_CONTENDED_MS = 500;
const SHORTEST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;
/**
 * How long a generation is taken for granted. Redis refuses messages for another one, so this bounds how late a loss is
 * noticed while nothing is published.
 */
const GENERATION_MS = 1_000;
/** How many channels that this process has just written to a batch looks at before all others. */
const FRESH_CHANNELS = 64;
/** How many of them are remembered; the rest is found like those of other processes. */
const MOST_FRESH = 1_000;

/**
 * Publishes what waits in the outbox: at once after a commit of this process, and periodically for processes that died
 * or could not reach the broker. Every process runs one.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly channelFailures = new QuietErrorLog(this.logger, 'Could not publish to a channel, retrying');
  private readonly resting = new RestingChannels();
  private readonly reopening: Reopening;
  private readonly lost: LostChannels;
  private readonly awaited = new AwaitedMessages();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private isWoken = false;
  private isStopped = true;
  private backoffMs = 0;
  private contendedMs = 0;
  /** Channels that this process has just written to. */
  private readonly fresh = new Set<string>();
  /** Where the next batch looks for other channels. */
  private after = '';
  /** The generation of the broker's data, as last seen by this process. */
  private generation: string | null = null;
  private generationAt = -Infinity;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broker: Broker,
    private readonly metrics: RealtimeMetrics,
    { history }: RealtimeSettings,
  ) {
    this.reopening = new Reopening(dataSource, history);
    this.lost = new LostChannels((channels) => this.reopening.reopenLatest(channels, IDEMPOTENCY_SECONDS));
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

  /**
   * Starts a run soon. Never throws, never waits.
   * @param channels names of channels that were written to
   */
  wake(channels: Iterable<string> = []): void {
    if (this.isStopped) return;
    this.remember(channels);
    this.isWoken = true;
    this.contendedMs = 0;
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
      const count = await this.lost.add(channel.name);
      this.wake([channel.name]);
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
        // Checked between batches, because under steady load this loop never ends.
        await this.checkGeneration();
        if (this.reopening.isActive && (await this.reopening.step())) this.isWoken = true;
        next = Math.min(this.learnFrom(await this.publish()), this.resting.shortestMs());
        this.recover();
      } while (this.shouldGoOn());
    } catch (error) {
      next = this.backOff(error);
    }
    if (!this.isStopped) this.timer = setTimeout(() => this.start(), next).unref();
  }

  private async publish(): Promise<Batch> {
    const { dataSource, broker, metrics, generation, reopening, after } = this;
    const first = [...this.fresh].slice(0, FRESH_CHANNELS);
    for (const channel of first) this.fresh.delete(channel);
    const request = { first, after, resting: this.resting.names() };
    const reopen = reopening.isActive ? reopening.reopen.bind(reopening) : null;
    let isDone = false;
    try {
      const batch = await publishBatch({ dataSource, broker, metrics, generation, request, reopen });
      isDone = !isBrokerAtFault(batch);
      return batch;
    } finally {
      // Once the broker or the database is back, they still come before what others left behind.
      if (!isDone) this.remember(first);
    }
  }

  private remember(channels: Iterable<string>): void {
    for (const channel of channels) if (this.fresh.size < MOST_FRESH) this.fresh.add(channel);
  }

  /**
   * @returns how long the next batch may wait
   * @throws the first failure when no channel succeeded, so the whole relay backs off
   */
  private learnFrom(batch: Batch): number {
    const { settled, unreadable, whole, failures, result } = batch;
    this.after = batch.after;
    // It may have failed because the broker's data is of another generation.
    if (failures.size > 0) this.generationAt = -Infinity;
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
    if (result === 'more' || this.fresh.size > 0) this.isWoken = true;
    this.contendedMs =
      result === 'contended'
        ? Math.min(LONGEST_CONTENDED_MS, Math.max(SHORTEST_CONTENDED_MS, 2 * this.contendedMs))
        : 0;
    return this.contendedMs || POLL_MS;
  }

  /** Republishes what history would still have, if the broker has lost its data. */
  private async checkGeneration(): Promise<void> {
    if (performance.now() - this.generationAt < GENERATION_MS) return;
    const generation = await this.broker.generation();
    this.generationAt = performance.now();
    if (generation === null || generation === this.generation) return;
    if (await this.reopening.begin(generation)) {
      this.logger.warn('The broker has lost its data: republishing what its history would still have');
    }
    this.generation = generation;
  }

  /** A method, because both flags change during awaits in `run`, which TypeScript's narrowing ignores. */
  private shouldGoOn(): boolean {
    return this.isWoken && !this.isStopped;
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
