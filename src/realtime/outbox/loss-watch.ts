import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { type Broker, type HistoryLimits, IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { ChannelQueue } from './channel-queue.js';
import { reasonOf } from './reason-of.js';
import { type Loss, Reopening } from './reopening.js';

/**
 * How long the broker's data is taken for granted. A broker refuses messages for another generation if it can, and a
 * restored link is a reason to look at once: only what neither tells is noticed as late as this.
 */
const CHECK_MS = 500;
/** How soon to look again whether what was reopened is published, by this process or another. */
const CONFIRM_PAUSE_MS = 50;
/** How often reopening a channel is tried; the pauses grow. */
const REPUBLISH_ATTEMPTS = 5;
const REPUBLISH_PAUSE_MS = 1_000;

const LOSSES: Record<Exclude<Loss, 'nothing'>, string> = {
  everything: 'The broker has lost its data: republishing what its history would still have',
  tail: 'Another master has taken over: republishing what was published lately, as it may lack that',
};

export interface LossContext {
  dataSource: DataSource;
  broker: Broker;
  history: HistoryLimits;
  /** How long `confirm` may take, in milliseconds. */
  confirmMs: number;
  /** Publishes soon what waits in these channels. */
  wake: (channels: string[]) => void;
  /** Publishes soon, even after failures. */
  hurry: () => void;
}

/** Notices when the broker may have lost messages, and lets those be published again that it does not have. */
export class LossWatch {
  private readonly logger = new Logger('Outbox');
  private readonly failures = new QuietErrorLog(this.logger, 'Could not look for lost messages, retrying');
  private readonly state: Reopening;
  /** Channels that have lost messages, and channels that clients resume while it is not known whether they have. */
  private readonly lost: ChannelQueue;
  private readonly unconfirmed: ChannelQueue;
  private readonly listeners: (() => void)[] = [];
  private knownGeneration: string | null = null;
  /** The histories that answered the last check. */
  private knownMasters: readonly string[] = [];
  /** When this process last published, by the monotonic clock. */
  private publishedAt = -Infinity;
  private checkedAt = -Infinity;
  /** How many reasons there have been to check the broker's data, the start included, and how many were checked. */
  private doubted = 1;
  private settled = 0;
  /** Whether the link to the broker was lost since the last check. */
  private wasCut = false;

  constructor(private readonly context: LossContext) {
    this.state = new Reopening(context.dataSource, context.history);
    this.lost = new ChannelQueue((channels) => this.state.reopenLatest(channels, IDEMPOTENCY_SECONDS));
    this.unconfirmed = new ChannelQueue((channels) => this.state.reopenNow(channels));
    context.broker.onLinkChange((isUp) => this.suspect(isUp));
  }

  /** The generation of the broker's data, as last seen by this process. */
  get generation(): string | null {
    return this.knownGeneration;
  }

  /** What batches have to reopen; null if nothing. */
  get reopening(): Reopening | null {
    return this.state.isActive ? this.state : null;
  }

  /** Grows whenever there is a new reason to `confirm`: see `Broker.onLinkChange`. */
  get doubts(): number {
    return this.doubted;
  }

  /** Calls back, once for each loss, when the broker may have lost messages. */
  onLoss(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Tells that this process has published to the master that was checked last. */
  published(): void {
    this.publishedAt = performance.now();
  }

  /** Lets the next `check` ask the broker. */
  checkSoon(): void {
    this.checkedAt = -Infinity;
  }

  /**
   * Begins to republish what the broker may have lost, if its data is of another generation, or another master has it.
   * @throws {UnavailableError} and what the database throws
   */
  async check(): Promise<void> {
    const { broker } = this.context;
    const isDue = performance.now() - this.checkedAt >= CHECK_MS;
    if (!isDue && broker.checksGeneration) return;
    const { doubted, wasCut } = this;
    const [generation, masters] = await Promise.all([broker.generation(), isDue ? broker.masters() : []]);
    if (generation !== null || broker.losesChannelsAlone) {
      const wasOver = this.state.isOver;
      const isOfOther = wasCut && this.hasMoved(generation, masters);
      const publishedMsAgo = isOfOther ? performance.now() - this.publishedAt : Infinity;
      const loss = await this.state.notice({ generation, masters }, { wasCut, publishedMsAgo });
      if (loss !== 'nothing') this.logger.warn(LOSSES[loss]);
      const isOther = this.isOther(generation);
      this.knownGeneration = generation ?? this.knownGeneration;
      if (isDue) this.knownMasters = masters ?? [];
      if (isOther || wasOver !== this.state.isOver) for (const listener of this.listeners) listener();
    }
    if (!isDue) return;
    this.settled = doubted;
    // Otherwise the link was cut during the check.
    if (doubted < this.doubted) return;
    this.wasCut = false;
    this.checkedAt = performance.now();
  }

  /** Reopens some of what is lost; returns whether it did. Never rejects, as publishing must go on. */
  async reopenSome(): Promise<boolean> {
    try {
      return this.state.isActive && (await this.state.step());
    } catch (error) {
      this.failures.warn('step', reasonOf(error));
      return false;
    }
  }

  /**
   * Looks whether everything that was reopened is published.
   * @returns how soon to look again, in milliseconds; Infinity if it is
   * @throws what the database throws
   */
  async look(): Promise<number> {
    if (this.state.isOver) return Infinity;
    await this.state.look();
    return CONFIRM_PAUSE_MS;
  }

  /**
   * Whether the broker has everything that was published to a channel, after it may have lost some: republishes that
   * first. At once while there is no such suspicion; never rejects.
   * @returns false if that could not be made sure in time
   */
  async confirm({ name }: Channel): Promise<boolean> {
    const end = performance.now() + this.context.confirmMs;
    while (this.doubted > this.settled || !this.state.isOver) {
      if (performance.now() > end) return false;
      this.context.wake([name]);
      try {
        // Before the check it is not known what may be lost.
        if (this.doubted === this.settled && (await this.unconfirmed.add(name)) === 0) return true;
      } catch (error) {
        this.failures.warn('confirm', reasonOf(error));
        return false;
      }
      await wait(CONFIRM_PAUSE_MS);
    }
    return true;
  }

  /**
   * Republishes the latest messages of a channel whose stream has lost some. The broker recognizes those that it still
   * has by their idempotency keys. Tries several times; never rejects.
   * @returns how many rows wait again
   */
  async republish({ name }: Channel): Promise<number> {
    for (let attempt = 1; attempt <= REPUBLISH_ATTEMPTS; attempt += 1) {
      try {
        const count = await this.lost.add(name);
        this.context.wake([name]);
        return count;
      } catch (error) {
        this.failures.warn('republish', reasonOf(error));
        await wait(attempt * REPUBLISH_PAUSE_MS, undefined, { ref: false });
      }
    }
    this.logger.error(`Gave up republishing the lost messages of ${name}`);
    return 0;
  }

  private suspect(isUp: boolean): void {
    this.doubted += 1;
    this.wasCut = true;
    this.checkSoon();
    if (isUp) this.context.hurry();
  }

  /** Whether another master, or other data, answers than to the last check. Of a cluster's many masters this says nothing. */
  private hasMoved(generation: string | null, masters: string[] | null): boolean {
    if (this.context.broker.losesChannelsAlone) return false;
    const known = this.knownMasters;
    return this.isOther(generation) || (known.length > 0 && masters?.some((each) => !known.includes(each)) === true);
  }

  private isOther(generation: string | null): boolean {
    return generation !== null && this.knownGeneration !== null && this.knownGeneration !== generation;
  }
}
