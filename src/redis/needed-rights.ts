import type { Redis } from 'ioredis';

/**
 * What Herald sends (broker, presence, tickets, the registry of connections, rate limits), what BullMQ sends for it, and what the
 * scripts of both call. Servers that others manage withhold some of the rest (`INFO`, `CLIENT`), which is done without.
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

/** What BullMQ's keys begin with: a hash tag, so that a cluster keeps them together. */
export const JOBS_PREFIX = '{bull}';

/** The names of the commands that a user of Redis needs the right for. */
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
 * What the user of this connection lacks the right for, in Redis's words. Nothing is run: Redis judges a command when it is
 * queued, and the queue is discarded.
 * @param db the number of the database
 */
export async function refusedRights(server: Redis, db: number): Promise<string[]> {
  const keys = [`herald:${db}:doctor`, `${JOBS_PREFIX}:doctor`];
  const channel = `herald:${db}:{doctor}`;
  const refusals = new Set<string>();
  const attempt = async (run: () => Promise<unknown>): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Others, such as MOVED for a key of another shard, come after the rights were found to be there.
      if (message.startsWith('NOPERM')) refusals.add(message.replace(/^NOPERM /, ''));
      return false;
    }
  };
  const send = (line: string) => attempt(() => server.call(...wordsOf(line)));
  // BullMQ's transactions need it, too.
  if (await send('MULTI')) {
    for (const key of keys) for (const command of COMMANDS) await send(command.replaceAll('{key}', key));
    await send(`PUBLISH ${channel} 1`);
    await send('DISCARD');
  }
  // Of another connection: nothing else can be said on one that has subscriptions.
  const subscriber = server.duplicate({ lazyConnect: true });
  subscriber.on('error', () => undefined);
  await subscriber.connect().catch(() => undefined);
  await attempt(() => subscriber.subscribe(channel));
  subscriber.disconnect();
  return [...refusals];
}

function wordsOf(line: string): [string, ...string[]] {
  const [name = '', ...args] = line.split(' ');
  return [name, ...args];
}
