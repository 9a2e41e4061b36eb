import type { Cluster, Redis } from 'ioredis';
import type { RedisNodeDirectory } from '../cluster/redis-node-directory.js';
import type { RealtimeRedis } from '../broker/realtime-redis.js';
import { UnavailableError } from '../support/errors.js';
import { type Attendance, PresenceStore, presenceSignal, presenceTopic } from './presence-store.js';

/** How long counts are kept after they were last stored; `Presence` stores them again well before that. */
export const COUNTS_SECONDS = 3_600;
/** How many counts of an ended node are removed at a time. */
const SWEPT_AT_ONCE = 500;
/** How long one node sweeps alone; it renews that with each ended node. */
const SWEEP_SECONDS = 30;

/**
 * Stores how many connections a user has on a node, and signals if the user joined or left as a result, and somebody watches.
 * Costs the same for any number of nodes.
 *
 * KEYS: the organization's counts: for each user, `node=count` of the nodes that know the user, with a space after each.
 * ARGV: user, node, count (empty: the user has left the node), seconds that the counts live, PUBLISH or SPUBLISH, its
 * channel, the signal, how to count the channel's subscribers (empty: signals in any case, as if the server refuses that).
 */
const STORE_SCRIPT = `
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
  return
end
if ARGV[8] ~= '' then
  local watchers = redis.pcall('PUBSUB', ARGV[8], ARGV[6])
  if watchers.err == nil and watchers[2] == 0 then
    return
  end
end
redis.call(ARGV[5], ARGV[6], ARGV[7])
`;

/** The script, as a method that ioredis adds. */
interface Scripts {
  heraldStorePresence(keys: 1, ...keysAndArguments: (string | number)[]): Promise<void>;
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
    redis.commands.defineCommand('heraldStorePresence', { lua: STORE_SCRIPT });
    // ioredis adds the method at run time.
    this.commands = redis.commands as (Redis | Cluster) & Scripts;
  }

  override async store(attendances: readonly Attendance[]): Promise<void> {
    const pairs = this.redis.keys.presenceOfNode(this.directory.self);
    const [here, gone] = [
      attendances.filter(({ count }) => count !== null).map(pairOf),
      attendances.filter(({ count }) => count === null).map(pairOf),
    ];
    // Added before the counts and removed after them: the set that others clean up by must be complete.
    if (here.length > 0) {
      await this.redis.ask((commands) =>
        Promise.all([commands.sadd(pairs, ...here), commands.expire(pairs, COUNTS_SECONDS)]),
      );
    }
    await this.storeFor(this.directory.self, attendances);
    if (gone.length > 0) await this.redis.ask((commands) => commands.srem(pairs, ...gone));
  }

  /** Without the counts of nodes that have ended, which may not have been removed yet. */
  override async list(orgId: string): Promise<Map<string, number>> {
    const { keys } = this.redis;
    const { living } = await this.directory.list();
    const fields = await this.redis.ask((commands) => commands.hgetall(keys.presence(presenceTopic(orgId))));
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

  override async sweep(): Promise<void> {
    // After an outage of Redis every lease has ended, and the nodes need a moment to renew them.
    if (!this.directory.isSteady) return;
    const { ended } = await this.directory.list();
    for (const node of ended) {
      // Its own lease may have ended while this process stood still.
      if (node === this.directory.self) continue;
      if (!(await this.isTurn())) return;
      await this.remove(node);
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

  private async remove(node: string): Promise<void> {
    const key = this.redis.keys.presenceOfNode(node);
    for (let cursor = '', pairs: string[] = []; cursor !== '0';) {
      [cursor, pairs] = await this.redis.ask((commands) =>
        commands.sscan(key, cursor === '' ? 0 : cursor, 'COUNT', SWEPT_AT_ONCE),
      );
      await this.storeFor(node, pairs.map(departureOf));
    }
  }

  private async storeFor(node: string, attendances: readonly Attendance[]): Promise<void> {
    const countsSubscribers = await this.redis.countsSubscribers();
    // Waits for all, so that none is still being stored when it is tried again.
    const answers = await Promise.allSettled(attendances.map((each) => this.storeOne(node, each, countsSubscribers)));
    const failure = answers.find((answer) => answer.status === 'rejected');
    if (failure !== undefined) throw new UnavailableError('redis', { cause: failure.reason });
  }

  private async storeOne(node: string, attendance: Attendance, countsSubscribers: boolean): Promise<void> {
    const { orgId, userId, count } = attendance;
    const topic = presenceTopic(orgId);
    const { keys, settings } = this.redis;
    const isCluster = settings.mode === 'cluster';
    await this.commands.heraldStorePresence(
      1,
      keys.presence(topic),
      encodeURIComponent(userId),
      node,
      count ?? '',
      COUNTS_SECONDS,
      isCluster ? 'SPUBLISH' : 'PUBLISH',
      keys.channel(topic),
      presenceSignal(attendance),
      ...(countsSubscribers ? [isCluster ? 'SHARDNUMSUB' : 'NUMSUB'] : ['']),
    );
  }
}

function pairOf({ orgId, userId }: Attendance): string {
  return `${orgId} ${encodeURIComponent(userId)}`;
}

function departureOf(pair: string): Attendance {
  const [orgId = '', user = ''] = pair.split(' ');
  return { orgId, userId: decodeURIComponent(user), count: null };
}
