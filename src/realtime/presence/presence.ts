import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { WriteBehind } from '../cluster/write-behind.js';
import { orgOf } from '../cluster/connection-registry.js';
import { Publisher } from '../broadcast/publisher.js';
import { orgChannel } from '../broker/channel.js';
import { Topic } from '../broker/topic.js';
import type { Connection } from '../connection/connection.js';
import { type ConnectionObserver, Connections } from '../connection/connections.js';
import { type PresenceChange, PresenceStore } from './presence-store.js';

/** How many counts each upkeep stores again, so that none expires and failed writes are repaired. */
const COUNTS_PER_UPKEEP = 500;

interface Attendance {
  orgId: string;
  userId: string;
  /** Connections on this node. */
  count: number;
  /** A change that has not been announced yet. */
  untold: PresenceChange | null;
}

/** Tracks who is connected to an organization's events, on all nodes, and announces changes to clients that watch it. */
@Injectable()
export class Presence implements ConnectionObserver, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly errors = new QuietErrorLog(new Logger(Presence.name), 'Could not update presence');
  /** Users connected to this node, and users whose departure is not stored yet. */
  private readonly attendances = new Map<string, Attendance>();
  private readonly changes = new WriteBehind(
    (keys) => this.write(keys),
    (error) => this.errors.report(error),
  );
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: PresenceStore,
    private readonly publisher: Publisher,
    private readonly settings: RealtimeSettings,
    connections: Connections,
  ) {
    connections.observe(this);
  }

  onApplicationBootstrap(): void {
    // As often as nodes renew their lease: that is how soon ended nodes can be cleaned up.
    this.timer = setInterval(() => void this.upkeep(), this.settings.timings.nodeLeaseMs / 3).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * The users who are connected to an organization's events, by id, and how many connections each has.
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
    const key = `${orgId} ${userId}`;
    const attendance = this.attendances.get(key) ?? { orgId, userId, count: 0, untold: null };
    attendance.count += difference;
    this.attendances.set(key, attendance);
    this.changes.mark(key);
  }

  private async write(keys: readonly string[]): Promise<void> {
    // Waits for all, so that a key is never in progress twice, and no change is announced twice.
    const results = await Promise.allSettled(keys.map((key) => this.note(key)));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
  }

  private async note(key: string): Promise<void> {
    const attendance = this.attendances.get(key);
    if (attendance === undefined) return;
    const { orgId, userId, count } = attendance;
    attendance.untold = (await this.store.note(orgId, userId, count)) ?? attendance.untold;
    if (attendance.untold !== null) await this.tell(orgId, userId, attendance.untold);
    attendance.untold = null;
    // The count may have changed since; it is then marked for another write.
    if (count === 0 && attendance.count === 0) this.attendances.delete(key);
  }

  private async tell(orgId: string, userId: string, action: PresenceChange): Promise<void> {
    const message = { type: 'presence', action, user_id: userId };
    await this.publisher.signal(Topic.presenceOf(orgChannel.of(orgId)), JSON.stringify(message));
  }

  /** Never rejects. */
  private async upkeep(): Promise<void> {
    try {
      for (const [key, attendance] of [...this.attendances].slice(0, COUNTS_PER_UPKEEP)) {
        // Moves to the end, so that all have their turn.
        this.attendances.delete(key);
        this.attendances.set(key, attendance);
        this.changes.mark(key);
      }
      await this.store.sweep((orgId, userId) => this.tell(orgId, userId, 'left'));
    } catch (error) {
      this.errors.report(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
