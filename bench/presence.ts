/**
 * How long users stay listed whose node was killed, when there are many of them; and what a user who joins costs Redis, with
 * few nodes and with many. The nodes are leases without processes: it is about what they left in Redis.
 */
import { Redis } from 'ioredis';
import { RealtimeRedis } from '../src/realtime/broker/realtime-redis.js';
import { RedisNodeDirectory } from '../src/realtime/cluster/redis-node-directory.js';
import { presenceTopic, PresenceStore } from '../src/realtime/presence/presence-store.js';
import { RedisPresenceStore } from '../src/realtime/presence/redis-presence-store.js';
import { REALTIME_TIMINGS } from '../src/realtime/support/timings.js';
import { until } from '../src/realtime/testing/until.js';
import { herald } from '../test/support/herald.js';
import { startRedis } from '../test/support/servers.js';
import { table, writeResults } from './results.js';

const ORGANIZATIONS = 500;
const USERS_OF_EACH = 100;
const GOAL_MS = 20_000;
const [FEW, MANY] = [3, 50];
const JOINS = 2_000;
const LEASE_MS = REALTIME_TIMINGS.nodeLeaseMs;

const orgOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** @returns whether the goals were reached */
export async function run(print: (line: string) => void): Promise<boolean> {
  const server = await startRedis();
  const admin = new Redis(server.url);
  const node = await herald({ REDIS_HOST: server.host, REDIS_PORT: String(server.port), RUN_JOBS: 'false' });
  const redis = node.app.get(RealtimeRedis, { strict: false });
  const own = node.app.get(PresenceStore, { strict: false });
  const topics = Array.from({ length: ORGANIZATIONS }, (_, n) => presenceTopic(orgOf(n)));

  const join = (store: PresenceStore, org: number, users: readonly string[]): Promise<void> =>
    store.store(users.map((userId) => ({ orgId: orgOf(org), userId, count: 1 })));

  /** Redis's commands, the ones in scripts included, and its CPU time in microseconds, for each user who joins. */
  async function costOfJoins(nodes: number): Promise<{ commands: number; micros: number }> {
    const others = Array.from({ length: nodes - 1 }, (_, n) => new RedisNodeDirectory(redis, `node-${n}`, LEASE_MS));
    for (const other of others) await other.renew();
    await admin.call('CONFIG', 'RESETSTAT');
    for (let n = 0; n < JOINS; n += 1) await join(own, ORGANIZATIONS + nodes, [`user-${n}`]);
    const stats = await admin.info('commandstats');
    const calls = [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+),usec=(\d+)/gm)];
    for (const other of others) await other.forget(other.self);
    // A script's time includes that of its commands.
    const outer = calls.filter(([, name = '']) => ['evalsha', 'sadd', 'expire'].includes(name));
    const sum = (from: RegExpExecArray[], group: number): number =>
      from.reduce((total, call) => total + Number(call[group]), 0);
    return { commands: sum(calls, 2) / JOINS, micros: sum(outer, 3) / JOINS };
  }

  try {
    const few = await costOfJoins(FEW);
    const many = await costOfJoins(MANY);

    const killed = new RedisNodeDirectory(redis, 'killed-node', LEASE_MS);
    const store = new RedisPresenceStore(redis, killed);
    const users = Array.from({ length: USERS_OF_EACH }, (_, n) => `user-${n}`);
    for (let org = 0; org < ORGANIZATIONS; org += 1) {
      if (org % 50 === 0) await killed.renew();
      await join(store, org, users);
    }
    await killed.renew();
    const start = performance.now();
    await until(async () => (await admin.exists(...topics.map((each) => redis.keys.presence(each)))) === 0, 120_000);
    const goneMs = performance.now() - start;

    const count = (ORGANIZATIONS * USERS_OF_EACH).toLocaleString('en');
    const cost = ({ commands, micros }: typeof few): string =>
      `${commands.toFixed(1)} commands, ${micros.toFixed(0)} µs`;
    const rows = [
      [
        `${count} users of a killed node have left, its lease of ${LEASE_MS / 1_000} s included`,
        `${goneMs.toFixed(0)} ms`,
        `${GOAL_MS.toLocaleString('en')} ms`,
      ],
      [`A user joins, nobody watches, ${FEW} nodes: Redis`, cost(few), ''],
      [`A user joins, nobody watches, ${MANY} nodes: Redis`, cost(many), 'the same'],
    ];
    for (const row of rows) print(row.join(' | '));
    await writeResults('presence', table(['', 'Measured', 'Goal'], rows));
    return goneMs <= GOAL_MS && Math.abs(many.commands - few.commands) < 1;
  } finally {
    admin.disconnect();
    await node.stop();
    await server.stop();
  }
}
