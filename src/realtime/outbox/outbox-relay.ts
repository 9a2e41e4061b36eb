import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Broker } from '../broker/broker.js';
import { OutboxBatch } from './outbox-batch.js';

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
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(OutboxRelay.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private isWoken = false;
  private isStopped = true;
  private backoffMs = 0;
  private cleanedAt = performance.now();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broker: Broker,
  ) {}

  onApplicationBootstrap(): void {
    this.isStopped = false;
    this.wake();
  }

  /** Waits for the batch in hand; what is left is another process's, or the next start's. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Has the outbox looked through soon. Never throws, never waits. */
  wake(): void {
    if (this.isStopped) return;
    this.isWoken = true;
    // While the broker or the database is failing, the back-off decides when to try again.
    if (this.running === null && this.backoffMs === 0) this.start();
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
        const result = await new OutboxBatch(this.dataSource, this.broker).publish();
        this.recover();
        if (result === 'more') this.isWoken = true;
        next = result === 'contended' ? CONTENDED_MS : POLL_MS;
      } while (this.shouldGoOn());
      await this.cleanUp();
    } catch (error) {
      next = this.backOff(error);
    }
    if (!this.isStopped) this.timer = setTimeout(() => this.start(), next).unref();
  }

  /** A method, because both flags change while `run` waits. */
  private shouldGoOn(): boolean {
    return this.isWoken && !this.isStopped;
  }

  private async cleanUp(): Promise<void> {
    if (performance.now() - this.cleanedAt < CLEANUP_MS) return;
    this.cleanedAt = performance.now();
    await OutboxBatch.deletePublished(this.dataSource);
  }

  private recover(): void {
    if (this.backoffMs > 0) this.logger.log('The outbox is being published again');
    this.backoffMs = 0;
  }

  private backOff(error: unknown): number {
    if (this.backoffMs === 0) this.logger.warn(`The outbox waits: ${String(error)}`);
    this.backoffMs = Math.min(LONGEST_BACKOFF_MS, Math.max(SHORTEST_BACKOFF_MS, this.backoffMs * 2));
    return this.backoffMs;
  }
}
