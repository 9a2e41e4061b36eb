import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { RealtimeSettings } from '../settings.js';
import { Broker } from '../broker/broker.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { type Batch, isBrokerAtFault, publishBatch } from './outbox-batch.js';
import { isAnyWaiting } from './claim.js';
import { AwaitedMessages } from './awaited-messages.js';
import { LossWatch } from './loss-watch.js';
import { reasonOf } from './reason-of.js';
import { RestingChannels } from './resting-channels.js';

/** How often a process looks for messages that another one left behind. */
const POLL_MS = 1_000;
/** How soon to look again when another process has locked channels with waiting messages; each time twice as late. */
const SHORTEST_CONTENDED_MS = 20;
const LONGEST_CONTENDED_MS = 500;
const SHORTEST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;
/** How many channels that this process has just written to a batch looks at before all others. */
const FRESH_CHANNELS = 16;
/** Of how many channels a commit may be for them to come first. */
const MOST_AT_ONCE = 64;
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
  /** Whether the broker may have lost what was published. */
  readonly losses: LossWatch;
  private readonly awaited = new AwaitedMessages();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private isWoken = false;
  private isStopped = true;
  private backoffMs = 0;
  /** The link to the broker was restored since this run began. */
  private isHurried = false;
  private contendedMs = 0;
  /** Channels that this process has just written to. */
  private readonly fresh = new Set<string>();
  /** Where the next batch looks for other channels, and whether any of this pass through them has more messages. */
  private after = '';
  private isPassLong = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broker: Broker,
    private readonly metrics: RealtimeMetrics,
    { history, timings }: RealtimeSettings,
  ) {
    this.losses = new LossWatch({
      dataSource,
      broker,
      history,
      confirmMs: timings.confirmMs,
      wake: (channels) => this.wake(channels),
      hurry: () => this.hurry(),
    });
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
    const written = [...channels];
    // The walk finds many sooner, and few must not wait behind them.
    if (written.length <= MOST_AT_ONCE) this.remember(written);
    else this.isPassLong = true;
    this.isWoken = true;
    this.contendedMs = 0;
    // While the broker or the database is failing, the back-off decides when to try again.
    if (this.running === null && this.backoffMs === 0) this.start();
  }

  /** The link to the broker is restored: the back-off would only delay what now succeeds. */
  private hurry(): void {
    if (this.isStopped) return;
    this.isWoken = true;
    this.isHurried = true;
    if (this.running === null) this.start();
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
        this.isHurried = false;
        const isDue = this.isWoken || (await isAnyWaiting(this.dataSource));
        this.isWoken = false;
        const { doubts } = this.losses;
        // Checked between batches, because under steady load this loop never ends.
        await this.losses.check();
        if (await this.losses.reopenSome()) this.isWoken = true;
        if (isDue) next = Math.min(this.learnFrom(await this.publish(doubts)), this.resting.shortestMs());
        next = Math.min(next, await this.losses.look());
        this.recover();
      } while (this.shouldGoOn());
    } catch (error) {
      next = this.isHurried ? SHORTEST_BACKOFF_MS : this.backOff(error);
    }
    if (!this.isStopped) this.timer = setTimeout(() => this.start(), next).unref();
  }

  /** @param doubts from before the last check */
  private async publish(doubts: number): Promise<Batch> {
    const { dataSource, broker, metrics, after } = this;
    const { generation, reopening } = this.losses;
    const first = [...this.fresh].slice(0, FRESH_CHANNELS);
    for (const channel of first) this.fresh.delete(channel);
    const request = { first, after, resting: this.resting.names() };
    let isDone = false;
    try {
      const isCurrent = (): boolean => this.losses.doubts === doubts;
      const batch = await publishBatch({ dataSource, broker, metrics, generation, isCurrent, request, reopening });
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
    const { settled, unreadable, whole, failures } = batch;
    // It may have failed because the broker's data is of another generation.
    if (failures.size > 0) this.losses.checkSoon();
    if ([...settled.values()].some((cursor) => cursor !== null)) this.losses.published();
    this.awaited.settle(settled.keys());
    for (const [id, error] of unreadable) {
      this.metrics.unreadableMessages.inc();
      this.logger.error(`Skipped the invalid outbox message ${id}: ${error.message}`);
    }
    for (const channel of whole) this.resting.delete(channel);
    const [failure] = failures.values();
    // In a cluster, a shard may be down that has all of them.
    if (isBrokerAtFault(batch) && failure !== undefined && !this.broker.losesChannelsAlone) throw failure;
    for (const [channel, error] of failures) {
      this.resting.add(channel);
      const reason = reasonOf(error);
      this.channelFailures.warn(reason, reason);
    }
    return this.planNext(batch);
  }

  /** Decides where the next batch looks, and returns how long it may wait. */
  private planNext({ claimed, count, settled, failures }: Batch): number {
    const { after, left, taken, isLong, isContended } = claimed;
    const isInterrupted = settled.size < count && failures.size === 0;
    const isOver = after === '';
    this.after = after;
    this.isPassLong ||= isLong;
    // A pass through all channels goes on, unless it finds nothing but what others work on.
    const goesOn = isOver ? this.isPassLong : count > 0 || !isContended;
    if (isOver) this.isPassLong = false;
    this.remember(left.filter((channel) => !failures.has(channel)));
    // Fresh channels that others have locked are no reason to look again at once.
    const hasFresh = this.fresh.size > 0 && (count > 0 || !isContended);
    if (isInterrupted || goesOn || hasFresh) this.isWoken = true;
    this.contendedMs = isContended
      ? Math.min(LONGEST_CONTENDED_MS, Math.max(SHORTEST_CONTENDED_MS, 2 * this.contendedMs))
      : 0;
    this.remember(taken);
    return this.contendedMs || POLL_MS;
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
