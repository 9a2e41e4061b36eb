import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { orgChannel } from '../../src/realtime/broker/channel.js';
import { RedisKeys } from '../../src/realtime/broker/redis-keys.js';
import { Topic } from '../../src/realtime/broker/topic.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { until } from '../../src/realtime/testing/until.js';
import { Deployment } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisCluster, type RedisServer, startCluster } from '../support/servers.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const keys = new RedisKeys(0);

let cluster: RedisCluster;
let deployment: Deployment;

beforeEach(async () => {
  // As managed Redis is set up, or all shards would refuse commands while one is down.
  cluster = await startCluster(3, { args: ['--cluster-require-full-coverage', 'no', '--appendonly', 'yes'] });
  const variables = { REDIS_CLUSTER_NODES: cluster.nodes, WS_MAX_CONNECTIONS_PER_USER: '0' };
  deployment = await Deployment.start({ nodes: [variables, variables], organizations: 30 });
});
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await cluster.stop();
});

/** The master whose shard a key or channel is in. */
async function masterOf(key: string): Promise<RedisServer> {
  const [any] = cluster.masters;
  const redis = new Redis(any?.url ?? '');
  try {
    const slot = await redis.cluster('KEYSLOT', key);
    const share = Math.ceil(16_384 / cluster.masters.length);
    const master = cluster.masters[Math.floor(slot / share)];
    if (master === undefined) throw new Error(`No master has slot ${slot}`);
    return master;
  } finally {
    redis.disconnect();
  }
}

describe.each([
  ['the generation of the data', keys.generation],
  ['the signals to all nodes', keys.channel(Topic.nodes)],
])('a cluster without the shard that has %s', (_, key) => {
  it('admits to channels of the others and delivers their events, and those of the shard once it is back', async () => {
    const [one, two] = deployment.nodes;
    const down = await masterOf(key);
    const owners = await Promise.all(
      deployment.orgIds.map(async (orgId) => masterOf(keys.channel(orgChannel.of(orgId)))),
    );
    const lost = deployment.orgIds.filter((_, n) => owners[n] === down);
    const kept = deployment.orgIds.filter((_, n) => owners[n] !== down);
    expect([lost.length > 0, kept.length > 0]).toEqual([true, true]);
    const watches = await deployment.watchAll();
    const bell = await one.join('/ws/notifications/', 'owner');
    for (const orgId of deployment.orgIds) await deployment.commit(orgId, 0);
    await until(() => watches.every(({ client }) => client.has(0)));

    await down.kill();
    for (const orgId of kept) await deployment.commit(orgId, 1);
    await until(() => watches.every(({ orgId, client }) => lost.includes(orgId) || client.has(1)));
    const late = await Promise.all(kept.map((orgId) => deployment.watch(two, orgId)));
    for (const orgId of kept) await deployment.commit(orgId, 2);
    await until(() => late.every((client) => client.has(2)));
    const fresh = await one.another();
    const atFresh = await deployment.watch(fresh, kept[0]);
    await deployment.commit(String(kept[0]), 3);
    await until(() => atFresh.has(3));
    const refused = await connect(`${fresh.wsUrl}/ws/events/${String(lost[0])}/`, { token: deployment.token });
    expect(await refused.closed()).toMatchObject({ code: 1013 });
    for (const orgId of lost) for (const n of [1, 2]) await deployment.commit(orgId, n);

    await down.start();
    await until(() => watches.every(({ client }) => client.has(2)), 30_000);
    for (const { orgId, client } of watches) expect(client.account(orgId === kept[0] ? 4 : 3)).toEqual(NOTHING_AMISS);
    const told = (): boolean => bell.received.some(({ notification }) => notification !== undefined);
    await until(async () => {
      await fresh.app.get(BroadcastService, { strict: false }).broadcastToEveryone({ title: 'All' });
      return told();
    }, 30_000);
  });
});
