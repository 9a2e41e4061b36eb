import type { Redis } from 'ioredis';

/**
 * The commands that Herald sends (broker, presence, tickets, registry of connections, rate limits), those that BullMQ sends, and those
 * that the scripts of both call. Omits optional commands (`INFO`, `CLIENT`, `PUBSUB`), which managed servers may refuse.
 */
const COMMANDS = [
  'BZPOPMIN {key} 1',
  'DEL {key}',
  'EVAL return(0) 0',
  'EVALSHA 0000000000000000000000000000000000000000 0',
  'EXISTS {key}',
  'EXPIRE {key} 1',
  'GET {key}',
  'GETDEL {key}',
  'HDEL {key} 1',
  'HEXISTS {key} 1',
  'HGET {key} 1',
  'HGETALL {key}',
  'HINCRBY {key} 1 1',
  'HMGET {key} 1',
  'HMSET {key} 1 1',
  'HSET {key} 1 1',
  'HSETNX {key} 1 1',
  'INCR {key}',
  'LINDEX {key} 0',
  'LLEN {key}',
  'LPOS {key} 1',
  'LPUSH {key} 1',
  'LRANGE {key} 0 1',
  'LREM {key} 0 1',
  'LTRIM {key} 0 1',
  'MGET {key}',
  'PERSIST {key}',
  'PEXPIRE {key} 1',
  'PING',
  'PTTL {key}',
  'RPOP {key}',
  'RPOPLPUSH {key} {key}',
  'RPUSH {key} 1',
  'SADD {key} 1',
  'SCARD {key}',
  'SET {key} 1',
  'SMEMBERS {key}',
  'SREM {key} 1',
  'SSCAN {key} 0',
  'TIME',
  'XADD {key} * 1 1',
  'XTRIM {key} MAXLEN 1',
  'ZADD {key} 1 1',
  'ZCARD {key}',
  'ZCOUNT {key} 0 1',
  'ZPOPMIN {key}',
  'ZRANGE {key} 0 1',
  'ZRANGEBYLEX {key} - +',
  'ZRANGEBYSCORE {key} 0 1',
  'ZREM {key} 1',
  'ZREMRANGEBYRANK {key} 0 1',
  'ZREMRANGEBYSCORE {key} 0 1',
  'ZREVRANGE {key} 0 1',
  'ZREVRANGEBYSCORE {key} 1 0',
  'ZSCORE {key} 1',
];

/** The prefix of BullMQ's keys: a hash tag, so that a cluster keeps them together. */
export const JOBS_PREFIX = '{bull}';

/** The names of the commands that the Redis user needs rights for. */
export const NEEDED_COMMANDS: ReadonlySet<string> = new Set(
  [
    ...COMMANDS,
    'MULTI',
    'EXEC',
    'DISCARD',
    'PUBLISH',
    'SPUBLISH',
    'SUBSCRIBE',
    'SSUBSCRIBE',
    'UNSUBSCRIBE',
    'SUNSUBSCRIBE',
  ].map((command) => command.split(' ')[0] ?? ''),
);

/**
 * The rights that the user of this connection lacks, in Redis's words. Runs nothing: Redis checks rights when it queues a command of
 * a transaction, and the transaction is discarded.
 * @param db the number of the database
 * @param isShard whether it is a server of a cluster, where pub/sub is sharded
 */
export async function refusedRights(server: Redis, db: number, isShard: boolean): Promise<string[]> {
  const keys = [`herald:${db}:doctor`, `${JOBS_PREFIX}:doctor`];
  const channel = `herald:${db}:{doctor}`;
  const refusals = new Set<string>();
  const attempt = async (run: () => Promise<unknown>): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Other errors, such as MOVED for a key of another shard, occur only after the check of rights.
      if (message.startsWith('NOPERM')) refusals.add(message.replace(/^NOPERM /, ''));
      return false;
    }
  };
  const send = (line: string) => attempt(() => server.call(...wordsOf(line)));
  // BullMQ's transactions also need MULTI.
  if (await send('MULTI')) {
    for (const key of keys) for (const command of COMMANDS) await send(command.replaceAll('{key}', key));
    await send(`${isShard ? 'SPUBLISH' : 'PUBLISH'} ${channel} 1`);
    await send('DISCARD');
  }
  // On a separate connection, as one with subscriptions can't run other commands.
  const subscriber = server.duplicate({ lazyConnect: true });
  subscriber.on('error', () => undefined);
  await subscriber.connect().catch(() => undefined);
  await attempt(() => (isShard ? subscriber.ssubscribe(channel) : subscriber.subscribe(channel)));
  subscriber.disconnect();
  return [...refusals];
}

function wordsOf(line: string): [string, ...string[]] {
  const [name = '', ...args] = line.split(' ');
  return [name, ...args];
}
