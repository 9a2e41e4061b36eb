import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { flushOutbox } from '../../src/realtime/testing/flush-outbox.js';
import { until } from '../../src/realtime/testing/until.js';
import { Deployment } from '../support/deployment.js';
import type { Variables } from '../support/herald.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisServer, startCluster, startClusterReplica, startSentinelGroup } from '../support/servers.js';
import { cutOff, loseMaster } from '../support/servers/cut-off.js';
import { closeAllClients } from '../support/ws-client.js';

const ORGANIZATIONS = 12;

/** A Redis whose master can be replaced by a replica that lags behind. */
interface Failover {
  variables: Variables;
  /** Keeps the replica from following. */
  cut: () => Promise<void>;
  /** Kills the master, and waits until the replica has taken over. */
  fail: () => Promise<void>;
  stop: () => Promise<void>;
}

let deployment: Deployment | undefined;
let failover: Failover | undefined;

afterEach(async () => {
  await closeAllClients();
  await deployment?.stop();
  await failover?.stop();
});

async function withRedis<T>({ url }: RedisServer, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const isMaster = (server: RedisServer): Promise<boolean> =>
  withRedis(server, async (redis) => (await redis.role())[0] === 'master');

async function bySentinel(): Promise<Failover> {
  const group = await startSentinelGroup();
  await group.isWatched();
  const { master, replica } = group;
  return {
    variables: { REDIS_SENTINELS: group.addresses, REDIS_SENTINEL_NAME: group.name },
    cut: () => withRedis(replica, (redis) => cutOff(redis, master)),
    fail: async () => {
      await master.kill();
      await until(() => isMaster(replica), 30_000);
    },
    stop: () => group.stop(),
  };
}

async function ofShard(): Promise<Failover> {
  const cluster = await startCluster(3);
  const [master] = cluster.masters;
  if (master === undefined) throw new Error('The cluster has no masters');
  const replica = await startClusterReplica(master);
  return {
    variables: { REDIS_CLUSTER_NODES: cluster.nodes },
    cut: () => withRedis(replica, loseMaster),
    fail: async () => {
      await master.kill();
      await withRedis(replica, (redis) => redis.call('CLUSTER', 'FAILOVER', 'TAKEOVER'));
      await until(() => isMaster(replica));
    },
    stop: async () => {
      await replica.stop();
      await cluster.stop();
    },
  };
}

describe.each([
  ['a master that Sentinel replaces', bySentinel],
  ['a shard’s master that its replica replaces', ofShard],
])('events that %s has confirmed and not passed on', (_, start) => {
  it('reach clients that were away and resume, before they are told that they missed nothing', async () => {
    failover = await start();
    const { variables } = failover;
    deployment = await Deployment.start({ nodes: [variables, variables], organizations: ORGANIZATIONS });
    const { nodes, orgIds } = deployment;
    const commitAll = async (from: number, to: number): Promise<void> => {
      for (const orgId of orgIds) for (let n = from; n <= to; n += 1) await deployment?.commit(orgId, n);
      await flushOutbox(nodes[0].app);
    };
    const watches = await deployment.watchAll();
    await commitAll(0, 2);
    await until(() => watches.every(({ client }) => client.has(2)));
    for (const { client } of watches) await client.leave();
    await failover.cut();
    await commitAll(3, 5);
    await failover.fail();
    const answers = await Promise.all(watches.map(({ client }, n) => client.resume(nodes[n % 2 === 0 ? 0 : 1])));
    expect(answers).toEqual(watches.map(() => true));
    for (const { client } of watches) {
      await until(() => client.has(5));
      expect(client.account(6)).toEqual(NOTHING_AMISS);
    }
  });
});
