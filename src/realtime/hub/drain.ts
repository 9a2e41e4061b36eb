import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { RealtimeSettings } from '../settings.js';
import { Lifecycle } from '../support/lifecycle.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';
import { CLOSE } from '../connection/close-code.js';
import { Connections } from '../connection/connections.js';

const BATCHES = 10;
const SMALLEST_BATCH = 100;
/** The share of the grace time over which closes are spread; the rest is for peers to answer and jobs to finish. */
const SPREAD = 0.5;
/** The share of the grace time for which, at most, the process keeps listening so that health checks see it drain. */
const NOTICE_SHARE = 0.25;

/** Closes every connection before the process ends, in batches, so that clients don't all reconnect at once. */
@Injectable()
export class Drain implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);
  private drained: Promise<void> = Promise.resolve();
  private noticed: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly lifecycle: Lifecycle,
    private readonly connections: Connections,
    private readonly relay: OutboxRelay,
  ) {}

  /** Starts without waiting for running jobs: Nest awaits each `onModuleDestroy` before it calls the next module's. */
  onModuleDestroy(): void {
    this.lifecycle.beginDraining();
    const { shutdownGraceMs, timings } = this.settings;
    if (this.connections.size > 0 || this.lifecycle.isWatched) {
      this.noticed = wait(Math.min(timings.drainNoticeMs, shutdownGraceMs * NOTICE_SHARE));
    }
    this.drained = this.closeAll();
  }

  /** The relay stops after the drain, so that what the last requests and jobs commit is still published. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drained;
    await this.lifecycle.drained();
    await this.relay.stop();
    // Nest stops listening after this.
    await this.noticed;
  }

  private async closeAll(): Promise<void> {
    const connections = [...this.connections.all()];
    const size = Math.max(SMALLEST_BATCH, Math.ceil(connections.length / BATCHES));
    const pause = (this.settings.shutdownGraceMs * SPREAD) / BATCHES;
    for (let start = 0; start < connections.length; start += size) {
      if (start > 0) await wait(pause);
      for (const connection of connections.slice(start, start + size)) connection.close(CLOSE.restarting);
    }
    if (connections.length > 0) this.logger.log(`Closed ${connections.length} connections`);
  }
}
