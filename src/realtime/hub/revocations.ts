import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { setTimeout as wait } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { RealtimeSettings } from '../settings.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { UnavailableError } from '../support/errors.js';
import { ExpiringMap } from '../support/expiring-map.js';
import { recentRevocations } from '../outbox/recent-revocations.js';
import { readRevocation, type Revocation } from '../outbox/revocation.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Close } from '../connection/close-code.js';
import { channelsOf } from '../connection/admission.js';
import type { Connection } from '../connection/connection.js';
import { Connections } from '../connection/connections.js';
import { DatabaseClock } from './database-clock.js';

/** How long a revocation is remembered, for connections still being admitted: longer than an admission may take. */
const REMEMBERED_MS = 30_000;
/** How soon `catchUp` reads again while the database doesn't answer. */
const RETRY_MS = 500;

/**
 * Closes revoked connections. A signal acts at once. Signals can be lost, so recent revocations are also read from the
 * outbox: in one query at an interval, and after every interruption of the link from the broker.
 *
 * A revocation does not affect connections admitted after it. If a guard has set `memberSince`, that time decides
 * instead; both are by the database's clock.
 */
@Injectable()
export class Revocations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly errors = new QuietErrorLog(new Logger(Revocations.name), 'Could not read the recent revocations');
  private readonly remembered = new ExpiringMap<Revocation>(REMEMBERED_MS);
  private readonly intervalMs: number;
  private readonly clock = new DatabaseClock();
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<boolean> | null = null;
  /** The next read, shared by callers that came while `reading` was running. */
  private following: Promise<boolean> | null = null;
  private isStopped = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly connections: Connections,
    private readonly metrics: RealtimeMetrics,
    settings: RealtimeSettings,
  ) {
    this.intervalMs = settings.timings.revocationsIntervalMs;
  }

  async onApplicationBootstrap(): Promise<void> {
    // Sets the clock, too.
    await this.read();
    this.timer = setInterval(() => {
      if (this.connections.size > 0) void this.read();
    }, this.intervalMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.reading;
  }

  /** The time by the database's clock, in milliseconds. */
  now(): number {
    return this.clock.now();
  }

  /** Handles the signal. Never throws. */
  heed(payload: string): void {
    const revocation = readRevocation(payload);
    if (revocation !== null) this.apply(revocation, 'signal');
  }

  /** Resolves when the recent revocations have been applied, however long the database takes. Never rejects. */
  async catchUp(): Promise<void> {
    // A running read may have begun before the interruption.
    await this.reading;
    while (!(await this.read()) && !this.isStopped) await wait(RETRY_MS, undefined, { ref: false });
  }

  /**
   * Resolves when every revocation committed before this call has been applied. Its signal may arrive later than the
   * answer to the request that revoked. Calls made during a query share the next one.
   * @throws {UnavailableError} if the database doesn't answer
   */
  async expectCurrent(): Promise<void> {
    if (this.reading === null) void this.read();
    else
      this.following ??= this.reading.then(() => {
        this.following = null;
        return this.read();
      });
    if (!(await (this.following ?? this.reading))) throw new UnavailableError('database');
  }

  /** The close for a connection that was revoked while it was being admitted, else null. */
  revokedWhileJoining(connection: Connection): Close | null {
    for (const revocation of this.remembered.values()) {
      if (isTarget(connection, revocation)) return revocation.close;
    }
    return null;
  }

  /** Resolves with whether the database answered. Never rejects. */
  private read(): Promise<boolean> {
    this.reading ??= this.ask().finally(() => (this.reading = null));
    return this.reading;
  }

  private async ask(): Promise<boolean> {
    try {
      const asked = Date.now();
      const { now, revocations } = await recentRevocations(this.dataSource);
      this.clock.learn({ asked, told: now, answered: Date.now() });
      for (const revocation of revocations) this.apply(revocation, 'outbox');
      return true;
    } catch (error) {
      this.errors.report(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  private apply(revocation: Revocation, source: 'signal' | 'outbox'): void {
    if (source === 'signal') this.remembered.set(revocation.id, revocation);
    for (const connection of this.candidates(revocation)) {
      if (!connection.isOpen || !isTarget(connection, revocation)) continue;
      connection.close(revocation.close);
      this.metrics.revocations.inc({ source });
    }
  }

  private candidates({ userId, connectionId }: Revocation): Iterable<Connection> {
    if (userId !== null) return this.connections.ofUser(userId);
    if (connectionId === null) return [...this.connections.all()];
    const connection = this.connections.find(connectionId);
    return connection === undefined ? [] : [connection];
  }
}

function isTarget(connection: Connection, { channel, userId, connectionId, at }: Revocation): boolean {
  if (channel !== null && !channelsOf(connection.admission).some(({ name }) => name === channel)) return false;
  if (userId !== null && connection.principal.userId !== userId) return false;
  if (connectionId !== null) return connection.id === connectionId;
  const since = channel === null ? null : connection.memberSince;
  return (since?.getTime() ?? connection.admittedAt) <= at;
}
