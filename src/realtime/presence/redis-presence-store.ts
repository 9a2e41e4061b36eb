import type { Cluster, Redis } from 'ioredis';
import type { RedisNodeDirectory } from '../cluster/redis-node-directory.js';
import { orgChannel } from '../broker/channel.js';
import type { RealtimeRedis } from '../broker/realtime-redis.js';
import { type Attendance, type PresenceChange, PresenceStore } from './presence-store.js';

/** How long counts are kept after they were last stored; `Presence` stores them again well before that. */
export const COUNTS_SECONDS = 3_600;
/** How many counts of an ended node are removed at a time. */
const SWEPT_AT_ONCE = 500;
/** How long one node sweeps alone; it renews that with each ended node. */
const SWEEP_SECONDS = 30;

/**
 * Stores how many connections a user has on a node, and returns whether the user joined or left as a result. Costs the
 * same for any number of nodes.
 *
 * KEYS: the organization's counts: for each user, `node=count` of the nodes that know the user, with a space after each.
 * ARGV: user, node, count (empty: the user has left the node), seconds that the counts live.
 * Returns 1 if the user has joined or left, else 0.
 */
const NOTE_SCRIPT = `
local before = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local now = ''
for node, count in string.gmatch(before, '(%S+)=(%d+) ') do
  if node ~= ARGV[2] then
    now = now .. node .. '=' .. count .. ' '
  end
end
if ARGV[3] ~= '' then
  now = now .. ARGV[2] .. '=' .. ARGV[3] .. ' '
end
if now == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif now ~= before then
  redis.call('HSET', KEYS[1], ARGV[1], now)
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
if (before == '') == (now == '') then
  return 0
end
return 1
`;

/** The script, as a method that ioredis adds. */
interface Scripts {
  heraldNotePresence(keys: 1, ...keysAndArguments: (string | number)[]): Promise<0 | 1>;
}

/**
 * The presence of all nodes: a hash for each organization, with the counts of each user; and a set for each node of the
 * counts it has stored, so that another node can remove them once it has ended.
 */
export class RedisPresenceStore extends PresenceStore {
  private readonly commands: (Redis | Cluster) & Scripts;

  constructor(
    private readonly redis: RealtimeRedis,
    private readonly directory: RedisNodeDirectory,
  ) {
    super();
    redis.commands.defineCommand('heraldNotePresence', { lua: NOTE_SCRIPT });
    // ioredis adds the method at run time.
    this.commands = redis.commands as (Redis | Cluster) & Scripts;
  }

  override async note({ orgId, userId, count }: Attendance): Promise<PresenceChange | null> {
    const user = encodeURIComponent(userId);
    const pairs = this.redis.keys.presenceOfNode(this.directory.self);
    const pair = `${orgId} ${user}`;
    // Added before the count and removed after it: the set that others clean up by must be complete.
    if (count !== null) {
      await this.redis.ask((commands) =>
        Promise.all([commands.sadd(pairs, pair), commands.expire(pairs, COUNTS_SECONDS)]),
      );
    }
    const change = await this.noteOf(this.directory.self, orgId, user, count);
    if (count === null) await this.redis.ask((commands) => commands.srem(pairs, pair));
    return change;
  }

  /** Without the counts of nodes that have ended, which may not have been removed yet. */
  override async list(orgId: string): Promise<Map<string, number>> {
    const { living } = await this.directory.list();
    const fields = await this.redis.ask((commands) => commands.hgetall(this.countsOf(orgId)));
    const nodes = new Set(living);
    const users = new Map<string, number>();
    for (const [user, counts] of Object.entries(fields)) {
      const own = [...counts.matchAll(/(\S+)=(\d+) /g)].filter(([, node = '']) => nodes.has(node));
      if (own.length === 0) continue;
      const count = own.reduce((sum, [, , each]) => sum + Number(each), 0);
      users.set(decodeURIComponent(user), count);
    }
    return users;
  }

  override async sweep(onLeft: (orgId: string, userId: string) => Promise<void>): Promise<void> {
    // After an outage of Redis every lease has ended, and the nodes need a moment to renew them.
    if (!this.directory.isSteady) return;
    const { ended } = await this.directory.list();
    for (const node of ended) {
      // Its own lease may have ended while this process stood still.
      if (node === this.directory.self) continue;
      if (!(await this.isTurn())) return;
      await this.remove(node, onLeft);
      await this.directory.forget(node);
    }
  }

  override onForgotten(listener: () => void): void {
    this.directory.onForgotten(listener);
  }

  private async isTurn(): Promise<boolean> {
    const { keys } = this.redis;
    const { self } = this.directory;
    const holder = await this.redis.ask((commands) =>
      commands.set(keys.sweeper, self, 'EX', SWEEP_SECONDS, 'NX', 'GET'),
    );
    if (holder !== null && holder !== self) return false;
    await this.redis.ask((commands) => commands.expire(keys.sweeper, SWEEP_SECONDS));
    return true;
  }

  private async remove(node: string, onLeft: (orgId: string, userId: string) => Promise<void>): Promise<void> {
    const key = this.redis.keys.presenceOfNode(node);
    for (let cursor = '', pairs: string[] = []; cursor !== '0';) {
      [cursor, pairs] = await this.redis.ask((commands) =>
        commands.sscan(key, cursor === '' ? 0 : cursor, 'COUNT', SWEPT_AT_ONCE),
      );
      await Promise.all(
        pairs.map(async (pair) => {
          const [orgId = '', user = ''] = pair.split(' ');
          const change = await this.noteOf(node, orgId, user, null);
          if (change === 'left') await onLeft(orgId, decodeURIComponent(user));
        }),
      );
    }
  }

  private async noteOf(
    node: string,
    orgId: string,
    user: string,
    count: number | null,
  ): Promise<PresenceChange | null> {
    const isChange = await this.redis.ask(() =>
      this.commands.heraldNotePresence(1, this.countsOf(orgId), user, node, count ?? '', COUNTS_SECONDS),
    );
    if (isChange === 0) return null;
    return count === null ? 'left' : 'joined';
  }

  private countsOf(orgId: string): string {
    return this.redis.keys.presence(orgChannel.of(orgId));
  }
}
