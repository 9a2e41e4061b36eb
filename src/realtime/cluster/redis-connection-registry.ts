import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Lifecycle } from '../support/lifecycle.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import type { RealtimeRedis } from '../broker/realtime-redis.js';
import type { Connection } from '../connection/connection.js';
import type { Connections } from '../connection/connections.js';
import {
  type ConnectionFilter,
  type ConnectionRecord,
  ConnectionRegistry,
  orgOf,
  recordOf,
} from './connection-registry.js';
import type { RedisNodeDirectory } from './redis-node-directory.js';
import { WriteBehind } from './write-behind.js';

/** How many connections with changed counts one refresh rewrites; the rest wait for the next. */
const COUNTS_PER_REFRESH = 1_000;
/** How many connections are looked at in one turn of the event loop. */
const SLICE = 2_000;
/** How long a node's records outlive its last refresh. */
const RECORDS_SECONDS = 300;
/** Sorts after every connection id. */
const LAST = '~';

/** A connection whose record is to be written; undefined: it has ended. */
interface Change {
  id: string;
  connection: Connection | undefined;
  /** What is written. */
  state: string;
}

interface Place {
  node: string;
  id: string;
}

/**
 * The connections of all nodes. Each node keeps two keys: a hash of its connections' records, and a sorted set of their ids
 * under each filter prefix. Both are used only while the node's lease lasts, and expire after the node has ended.
 */
@Injectable()
export class RedisConnectionRegistry
  extends ConnectionRegistry
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  private readonly errors = new QuietErrorLog(
    new Logger(RedisConnectionRegistry.name),
    'Could not update the list of connections',
  );
  private readonly changes = new WriteBehind(
    (ids) => this.write(ids),
    (error) => this.errors.report(error),
  );
  /** What was written for each connection, least recently written first. */
  private readonly written = new Map<string, { places: string[]; state: string }>();
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: RealtimeRedis,
    private readonly directory: RedisNodeDirectory,
    private readonly connections: Connections,
    lifecycle: Lifecycle,
  ) {
    super();
    lifecycle.onDrained(() => this.leave());
    connections.observe({
      entered: ({ id }) => this.changes.mark(id),
      left: ({ id }) => this.changes.mark(id),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => {
      this.refreshing = this.refresh();
    }, this.directory.renewalMs).unref();
  }

  /** The drain has closed the connections; their records expire. */
  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  override async list(filter: ConnectionFilter, after: string | null, limit: number): Promise<ConnectionRecord[]> {
    const { living } = await this.directory.list();
    const records: ConnectionRecord[] = [];
    let last = after;
    while (records.length < limit) {
      const wanted = limit - records.length;
      const places = await this.placesAfter(last, prefixOf(filter), living, wanted);
      records.push(...(await this.recordsAt(places)));
      if (places.length < wanted) break;
      last = places.at(-1)?.id ?? null;
    }
    return records;
  }

  override async has(connectionId: string): Promise<boolean> {
    const { living } = await this.directory.list();
    const answers = await this.redis.ask((commands) =>
      Promise.all(living.map((node) => commands.hexists(this.redis.keys.connections(node), connectionId))),
    );
    return answers.includes(1);
  }

  /** Takes this node off the list soon. Never rejects. */
  private async leave(): Promise<void> {
    clearInterval(this.timer);
    try {
      await this.refreshing;
      await this.directory.leave();
    } catch (error) {
      this.errors.report(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private async placesAfter(after: string | null, prefix: string, nodes: string[], limit: number): Promise<Place[]> {
    const from = after === null ? `[${prefix}` : `(${prefix}${after}`;
    const found = await this.redis.ask((commands) =>
      Promise.all(
        nodes.map(async (node) => {
          const index = this.redis.keys.connectionIndex(node);
          const places = await commands.zrangebylex(index, from, `(${prefix}${LAST}`, 'LIMIT', 0, limit);
          return places.map((place) => ({ node, id: place.slice(prefix.length) }));
        }),
      ),
    );
    const inOrder = found.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    return inOrder.slice(0, limit);
  }

  /** Skips connections that have ended since. */
  private async recordsAt(places: readonly Place[]): Promise<ConnectionRecord[]> {
    const records = await this.redis.ask((commands) =>
      Promise.all(places.map(({ node, id }) => commands.hget(this.redis.keys.connections(node), id))),
    );
    // Only Herald's nodes write these records.
    return records.filter((each) => each !== null).map((each) => JSON.parse(each) as ConnectionRecord);
  }

  /** Never rejects. */
  private async refresh(): Promise<void> {
    try {
      const wasKnown = await this.directory.renew();
      if (wasKnown) {
        await this.markChanged();
      } else {
        for (const written of this.written.values()) written.state = '';
        for (const { id } of this.connections.live()) this.changes.mark(id);
      }
      await this.changes.flush();
      await this.extend();
    } catch (error) {
      this.errors.report(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private async extend(): Promise<void> {
    const { keys } = this.redis;
    const { self } = this.directory;
    await this.redis.ask((commands) =>
      Promise.all([
        commands.expire(keys.connectionIndex(self), RECORDS_SECONDS),
        commands.expire(keys.connections(self), RECORDS_SECONDS),
      ]),
    );
  }

  /** In slices, so that many connections don't keep the process from others. */
  private async markChanged(): Promise<void> {
    let [marked, looked] = [0, 0];
    // A copy: what is written moves to the end.
    for (const [id, { state }] of [...this.written]) {
      looked += 1;
      if (looked % SLICE === 0) await nextTurn();
      const connection = this.findLive(id);
      if (connection === undefined || stateOf(connection) === state) continue;
      this.changes.mark(id);
      marked += 1;
      if (marked === COUNTS_PER_REFRESH) return;
    }
  }

  private async write(ids: readonly string[]): Promise<void> {
    const changes: Change[] = ids.map((id) => ({ id, connection: this.findLive(id), state: '' }));
    for (const change of changes) {
      if (change.connection === undefined) continue;
      change.state = stateOf(change.connection);
      // Noted before writing: a failed write may still have arrived in part.
      const state = this.written.get(change.id)?.state ?? '';
      this.written.set(change.id, { places: placesOf(change.connection), state });
    }
    await this.redis.ask(async (commands) => {
      const batch = this.commandsFor(changes);
      const answers = await commands.pipeline(batch).exec();
      const failure = answers?.find(([error]) => error !== null);
      if (failure) throw failure[0] ?? new Error('Redis did not answer');
    });
    for (const { id, connection, state } of changes) {
      this.written.delete(id);
      if (connection !== undefined) this.written.set(id, { places: placesOf(connection), state });
    }
    await this.extend();
  }

  /** One command of each kind, however many changes there are. */
  private commandsFor(changes: readonly Change[]): (string | number)[][] {
    const { keys } = this.redis;
    const { self } = this.directory;
    const [records, index] = [keys.connections(self), keys.connectionIndex(self)];
    const added = changes.flatMap(({ id, connection }) => (connection === undefined ? [] : [{ id, connection }]));
    const fresh = added.filter(({ id }) => (this.written.get(id)?.state ?? '') === '');
    const ended = changes.filter(({ connection }) => connection === undefined).map(({ id }) => id);
    const commands = [
      ['hset', records, ...added.flatMap(({ id, connection }) => [id, JSON.stringify(recordOf(connection, self))])],
      ['zadd', index, ...fresh.flatMap(({ connection }) => placesOf(connection).flatMap((place) => [0, place]))],
      ['hdel', records, ...ended],
      ['zrem', index, ...ended.flatMap((id) => this.written.get(id)?.places ?? [])],
    ];
    return commands.filter(({ length }) => length > 2);
  }

  private findLive(connectionId: string): Connection | undefined {
    const connection = this.connections.find(connectionId);
    return connection?.isLive === true ? connection : undefined;
  }
}

function stateOf({ sent, bufferedBytes, principal }: Connection): string {
  return `${sent} ${bufferedBytes} ${principal.expiresAt.getTime()}`;
}

function prefixOf({ userId, orgId }: ConnectionFilter): string {
  const user = userId === null ? '' : encodeURIComponent(userId);
  return `${orgId ?? ''}:${user}:`;
}

/** One index entry for each filter that the connection matches. */
function placesOf(connection: Connection): string[] {
  const { id, principal } = connection;
  const orgId = orgOf(connection);
  const filters = [null, principal.userId].flatMap((userId) =>
    (orgId === null ? [null] : [null, orgId]).map((org) => ({ userId, orgId: org })),
  );
  return filters.map((filter) => `${prefixOf(filter)}${id}`);
}
