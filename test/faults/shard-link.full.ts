import { afterEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { Deployment, type Watch } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisCluster, startCluster } from '../support/servers.js';
import { closeAllClients } from '../support/ws-client.js';

let cluster: RedisCluster;
let proxies: TcpProxy[];
let deployment: Deployment;

afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await cluster.stop();
});

/** Lets clients reach the cluster's masters by proxies only. */
async function putBehindProxies(): Promise<void> {
  proxies = await Promise.all(cluster.masters.map((master) => TcpProxy.start(master)));
  const links = cluster.masters.map(({ url }) => new Redis(url));
  for (const [n, link] of links.entries()) await link.config('SET', 'cluster-announce-port', String(proxies[n]?.port));
  for (const link of links) {
    await until(async () => {
      const slots = String(await link.cluster('SLOTS'));
      return proxies.every(({ port }) => slots.includes(`,${port},`));
    });
    link.disconnect();
  }
}

it('Shards whose links for receiving are cut for a moment cost no event, even if nothing else happens', async () => {
  cluster = await startCluster(3);
  proxies = [];
  const variables = { REDIS_CLUSTER_NODES: cluster.nodes };
  deployment = await Deployment.start({ nodes: [variables, variables], organizations: 9 });
  const watches = await deployment.watchAll();
  const links = cluster.masters.map(({ url }) => new Redis(url));
  for (let n = 0; n < 5; n += 1) {
    for (const link of links) await link.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    for (const orgId of deployment.orgIds) await deployment.commit(orgId, n);
    await until(() => watches.every(({ client }) => client.has(n)));
  }
  for (const link of links) link.disconnect();
  for (const { client } of watches) expect(client.account(5)).toEqual(NOTHING_AMISS);
});

it('A shard whose link for receiving is dead, and looks alive, costs no event, even if nothing else happens', async () => {
  cluster = await startCluster(3);
  await putBehindProxies();
  const variables = { REDIS_CLUSTER_NODES: proxies.map(({ host, port }) => `${host}:${port}`).join(',') };
  deployment = await Deployment.start({ nodes: [variables, variables], organizations: 9 });
  const watches: Watch[] = await deployment.watchAll();
  for (const orgId of deployment.orgIds) await deployment.commit(orgId, 0);
  await until(() => watches.every(({ client }) => client.has(0)));

  for (const proxy of proxies) proxy.blackHole('to-client', 'ssubscribe');
  for (const orgId of deployment.orgIds) await deployment.commit(orgId, 1);
  await until(() => watches.every(({ client }) => client.has(1)), 30_000);
  for (const orgId of deployment.orgIds) await deployment.commit(orgId, 2);
  await until(() => watches.every(({ client }) => client.has(2)));
  for (const { client } of watches) {
    expect(client.account(3)).toEqual(NOTHING_AMISS);
    expect(client.isOpen).toBe(true);
  }
});
