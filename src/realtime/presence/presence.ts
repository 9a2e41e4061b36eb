import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { WriteBehind } from '../cluster/write-behind.js';
import { orgOf } from '../cluster/connection-registry.js';
import type { Connection } from '../connection/connection.js';
import { type ConnectionObserver, Connections } from '../connection/connections.js';
import { type Attendance, PresenceStore } from './presence-store.js';

/** How often ended nodes are looked for, at most. */
const SWEEP_MS = 2_000;
/** In how many sweeps all counts are stored again, so that none expires: twenty minutes at the longest. */
const SWEEPS_PER_ROUND = 600;

interface Stay extends Attendance {
  count: number;
  /** When the last connection ended; null while there are some. Milliseconds of the monotonic clock. */
  endedAt: number | null;
}

/**
 * Tracks who is connected to an organization's events, on all nodes; the store tells clients that watch it. A user whose last connection has ended leaves a few seconds later, unless they are back by then.
 */
@Injectable()
export class Presence implements ConnectionObserver, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly errors = new QuietErrorLog(new Logger(Presence.name), 'Could not update presence');
  /** Users connected to this node, and users whose departure is not stored yet. */
  private readonly stays = new Map<string, Stay>();
  /** The keys of users without connections, in the order in which they ended. */
  private readonly departures = new Set<string>();
  private readonly changes = new WriteBehind(
    (keys) => this.write(keys),
    (error) => this.errors.report(error),
  );
  private readonly lingerMs: number;
  private timer: NodeJS.Timeout | undefined;
  private departureTimer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | null = null;

  constructor(
    private readonly store: PresenceStore,
    private readonly settings: RealtimeSettings,
    connections: Connections,
  ) {
    this.lingerMs = settings.timings.presenceLingerMs;
    connections.observe(this);
    store.onForgotten(() => this.storeAgain(this.stays.size));
  }

  onApplicationBootstrap(): void {
    const intervalMs = Math.min(SWEEP_MS, this.settings.timings.nodeLeaseMs / 3);
    this.timer = setInterval(() => {
      this.storeAgain(Math.ceil(this.stays.size / SWEEPS_PER_ROUND));
      this.sweeping ??= this.sweep().finally(() => (this.sweeping = null));
    }, intervalMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    clearTimeout(this.departureTimer);
  }

  /**
   * The users who have joined an organization and not left, by id, and how many connections each has: none, if the last
   * one has just ended.
   * @throws {UnavailableError}
   */
  async list(orgId: string): Promise<{ user_id: string; connections: number }[]> {
    const users = [...(await this.store.list(orgId))].sort(([a], [b]) => (a < b ? -1 : 1));
    return users.map(([userId, connections]) => ({ user_id: userId, connections }));
  }

  entered(connection: Connection): void {
    this.count(connection, 1);
  }

  left(connection: Connection): void {
    this.count(connection, -1);
  }

  private count(connection: Connection, difference: 1 | -1): void {
    const orgId = orgOf(connection);
    if (orgId === null) return;
    const { userId } = connection.principal;
    const key = keyOf(orgId, userId);
    const stay = this.stays.get(key) ?? { orgId, userId, count: 0, endedAt: null };
    stay.count += difference;
    this.stays.set(key, stay);
    this.departures.delete(key);
    stay.endedAt = null;
    if (stay.count === 0) {
      stay.endedAt = performance.now();
      this.departures.add(key);
      this.departureTimer ??= setTimeout(() => this.depart(), this.lingerMs).unref();
    }
    this.changes.mark(key);
  }

  /** Users who have not come back in time leave. */
  private depart(): void {
    this.departureTimer = undefined;
    for (const key of this.departures) {
      const leftMs = (this.stays.get(key)?.endedAt ?? -Infinity) + this.lingerMs - performance.now();
      if (leftMs > 0) {
        this.departureTimer = setTimeout(() => this.depart(), leftMs).unref();
        return;
      }
      this.departures.delete(key);
      this.changes.mark(key);
    }
  }

  private async write(keys: readonly string[]): Promise<void> {
    const attendances = keys.flatMap((key) => this.attendance(key) ?? []);
    await this.store.store(attendances);
    for (const { orgId, userId, count } of attendances) {
      const key = keyOf(orgId, userId);
      // The user may have come back since; the key is then marked for another write.
      if (count === null && this.stays.get(key)?.count === 0) this.stays.delete(key);
    }
  }

  private attendance(key: string): Attendance | null {
    const stay = this.stays.get(key);
    if (stay === undefined) return null;
    const { orgId, userId, count } = stay;
    const hasLeft = count === 0 && !this.departures.has(key);
    return { orgId, userId, count: hasLeft ? null : count };
  }

  /** Stores the counts of some users again, of each in turn. */
  private storeAgain(count: number): void {
    let left = count;
    for (const [key, stay] of this.stays) {
      if (left === 0) return;
      left -= 1;
      // Moves to the end, so that all have their turn.
      this.stays.delete(key);
      this.stays.set(key, stay);
      this.changes.mark(key);
    }
  }

  /** Never rejects. */
  private async sweep(): Promise<void> {
    try {
      await this.store.sweep();
    } catch (error) {
      this.errors.report(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function keyOf(orgId: string, userId: string): string {
  return `${orgId} ${userId}`;
}
