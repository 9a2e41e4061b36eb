import type { Cluster, Redis } from 'ioredis';
import type { RedisNodeDirectory } from '../cluster/redis-node-directory.js';
import { orgChannel } from '../broker/channel.js';
import type { RealtimeRedis } from '../broker/realtime-redis.js';
import { type PresenceChange, PresenceStore } from './presence-store.js';

/** How long counts are kept after they were last stored; `Presence` stores them again well before that. */
const COUNTS_SECONDS = 3_600;
const SCAN_COUNT = 500;

/**
 * Stores how many connections a user has on a node, and returns whether the user joined or left as a result.
 *
 * KEYS: the organization's counts. ARGV: user, node, count, seconds that the counts live, the other live nodes.
 * Returns 1 if the user has joined or left, else 0.
 */
const NOTE_SCRIPT = `
local field = ARGV[2] .. ' ' .. ARGV[1]
local wasThere = redis.call('HEXISTS', KEYS[1], field) == 1
local isThere = ARGV[3] ~= '0'
if isThere then
  redis.call('HSET', KEYS[1], field, ARGV[3])
else
  redis.call('HDEL', KEYS[1], field)
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
if wasThere == isThere then
  return 0
end
for index = 5, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[index] .. ' ' .. ARGV[1]) == 1 then
    return 0
  end
end
return 1
`;

/** The script, as a method that ioredis adds. */
interface Scripts {
  heraldNotePresence(keys: 1, ...keysAndArguments: (string | number)[]): Promise<0 | 1>;
}

/**
 * The presence of all nodes: a hash for each organization, with a count for each node and user, where only counts of
 * live nodes are used; and a set for each node of the counts it has stored, so that other nodes can clean up after it.
 */
export class RedisPresenceStore extends PresenceStore {
  /** Shared by concurrent calls. */
  private living: Promise<string[]> | null = null;
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

  override async note(orgId: string, userId: string, count: number): Promise<PresenceChange | null> {
    this.living ??= this.directory
      .list()
      .then(({ living }) => living)
      .finally(() => {
        this.living = null;
      });
    return this.noteOf(this.directory.self, await this.living, orgId, userId, count);
  }

  override async list(orgId: string): Promise<Map<string, number>> {
    const { living } = await this.directory.list();
    const fields = await this.redis.ask((commands) => commands.hgetall(this.countsOf(orgId)));
    const nodes = new Set(living);
    const users = new Map<string, number>();
    for (const [field, count] of Object.entries(fields)) {
      const [node = '', user = ''] = field.split(' ');
      const userId = decodeURIComponent(user);
      if (nodes.has(node)) users.set(userId, (users.get(userId) ?? 0) + Number(count));
    }
    return users;
  }

  override async sweep(onLeft: (orgId: string, userId: string) => Promise<void>): Promise<void> {
    const { living, ended } = await this.directory.list();
    for (const node of ended) {
      const key = this.redis.keys.presenceOfNode(node);
      for (let cursor = '', pairs: string[] = []; cursor !== '0';) {
        [cursor, pairs] = await this.redis.ask((commands) =>
          commands.sscan(key, cursor === '' ? 0 : cursor, 'COUNT', SCAN_COUNT),
        );
        for (const pair of pairs) {
          const [orgId = '', user = ''] = pair.split(' ');
          const userId = decodeURIComponent(user);
          // Several nodes may clean up at once: the script returns 1 to only one of them.
          if ((await this.noteOf(node, living, orgId, userId, 0)) === 'left') await onLeft(orgId, userId);
        }
      }
      await this.directory.forget(node);
    }
  }

  private async noteOf(
    node: string,
    living: readonly string[],
    orgId: string,
    userId: string,
    count: number,
  ): Promise<PresenceChange | null> {
    const user = encodeURIComponent(userId);
    const others = living.filter((each) => each !== node);
    const pairs = this.redis.keys.presenceOfNode(node);
    const pair = `${orgId} ${user}`;
    // Added before the count and removed after it: the set that others clean up by must be complete.
    if (count > 0) {
      await this.redis.ask((commands) =>
        Promise.all([commands.sadd(pairs, pair), commands.expire(pairs, COUNTS_SECONDS)]),
      );
    }
    const isChange = await this.redis.ask(() =>
      this.commands.heraldNotePresence(1, this.countsOf(orgId), user, node, count, COUNTS_SECONDS, ...others),
    );
    if (count === 0) await this.redis.ask((commands) => commands.srem(pairs, pair));
    if (isChange === 0) return null;
    return count > 0 ? 'joined' : 'left';
  }

  private countsOf(orgId: string): string {
    return this.redis.keys.presence(orgChannel.of(orgId));
  }
}
