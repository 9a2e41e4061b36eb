import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Environment } from '../../config/environment.js';
import { QuietErrorLog } from '../../config/quiet-error-log.js';
import { recentDisconnections } from '../outbox/recent-disconnections.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { CLOSE } from './close-code.js';
import type { Connection } from './connection.js';
import type { GuardedGateway } from './gateway-registry.js';
import { Hub } from './hub.js';
import { LiveConnections } from './live-connections.js';

/** How many times an interval the connections are looked through: spreads the questions, and bounds how late one is. */
const SWEEPS_PER_INTERVAL = 10;
/** How many connections one question is about. */
const BATCH = 1_000;

/**
 * The second net under what ends connections. A node is told at once, but a message can be lost: so it asks by itself, of each
 * connection within an interval, whether its gateway would still have it, and which disconnections were asked for of late.
 * Where that can't be answered everybody stays, and it is asked again with the next sweep. After the broker was away it asks
 * about all of them at once, before they get anything more.
 */
@Injectable()
export class Recheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly intervalMs: number;
  private readonly errors = new QuietErrorLog(
    new Logger(Recheck.name),
    'Whether connections may stay is not known now',
  );
  private disconnectionsDueAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | null = null;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly live: LiveConnections,
    private readonly hub: Hub,
    private readonly metrics: RealtimeMetrics,
    environment: Environment,
  ) {
    this.intervalMs = environment.timings.recheckIntervalMs;
    live.observe({
      entered: (connection) => {
        connection.recheckAt = this.nextTime();
      },
      left: () => undefined,
    });
    hub.clearBeforeResuming(() => this.sweep(Infinity));
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.start(), this.intervalMs / SWEEPS_PER_INTERVAL).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One sweep at a time: a slow database is not asked by several at once. */
  private start(): void {
    if (this.live.size === 0) return;
    this.sweeping ??= this.sweep(performance.now()).finally(() => {
      this.sweeping = null;
    });
  }

  /** Never rejects. */
  private async sweep(now: number): Promise<void> {
    if (now >= this.disconnectionsDueAt) await this.attempt(() => this.makeUpForDisconnections());
    for (const [gateway, connections] of this.dueByGateway(now)) {
      await this.attempt(async () => {
        for (let start = 0; start < connections.length; start += BATCH) {
          await this.ask(gateway, connections.slice(start, start + BATCH));
        }
      });
    }
  }

  /** One gateway that can't answer must not keep the others from it. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.metrics.rechecks.inc({ result: 'failed' });
      this.errors.report(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private async makeUpForDisconnections(): Promise<void> {
    for (const message of await recentDisconnections(this.dataSource)) this.hub.makeUpFor(message);
    this.disconnectionsDueAt = this.nextTime();
  }

  private dueByGateway(now: number): Map<GuardedGateway, Connection[]> {
    const due = new Map<GuardedGateway, Connection[]>();
    for (const connection of this.live.all()) {
      const { gateway, recheckAt } = connection;
      if (gateway.lapsed === null || recheckAt > now || !connection.isOpen) continue;
      const ofGateway = due.get(gateway);
      if (ofGateway === undefined) due.set(gateway, [connection]);
      else ofGateway.push(connection);
    }
    return due;
  }

  private async ask({ lapsed }: GuardedGateway, connections: readonly Connection[]): Promise<void> {
    const ended = new Set(await lapsed?.(connections));
    for (const connection of connections) {
      connection.recheckAt = this.nextTime();
      if (ended.has(connection)) connection.close(CLOSE.notAMember);
    }
    this.metrics.rechecks.inc({ result: 'lapsed' }, ended.size);
    this.metrics.rechecks.inc({ result: 'held' }, connections.length - ended.size);
  }

  /** By chance, so that connections that came at once, or could not be asked about for long, don't stay together. */
  private nextTime(): number {
    return performance.now() + this.intervalMs * (0.5 + Math.random() / 2);
  }
}
