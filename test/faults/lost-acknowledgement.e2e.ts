import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../../src/realtime/index.js';
import { OutboxRelay } from '../../src/realtime/outbox/outbox-relay.js';
import { Deployment, redisAt } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const RECOVERY_MS = 15_000;
/** One more than a step publishes, so that the broker has accepted the others before it gets the last. */
const COUNT = 51;

let redis: RedisServer;
let proxies: [TcpProxy, TcpProxy];
let deployment: Deployment;

beforeEach(async () => {
  redis = await startRedis();
  proxies = [await TcpProxy.start(redis), await TcpProxy.start(redis)];
  deployment = await Deployment.start({ nodes: [redisAt(proxies[0]), redisAt(proxies[1])] });
});
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await redis.stop();
});

describe('an event that Redis accepts and loses before any node receives it', () => {
  // @abuse RED-07
  it('is delivered once, even if its publisher records the success after the loss was noticed', async () => {
    const clients = await Promise.all(deployment.nodes.map((node) => deployment.watch(node)));
    const [node] = deployment.nodes;
    // No node receives, and the publisher still waits for the answer to the last event when Redis dies.
    for (const proxy of proxies) proxy.blackHole('to-client', 'subscribe');
    const muted = proxies[0].muteOn('the last');
    // The other node must not publish what the first one is to wait for.
    const relay = deployment.nodes[1].app.get(OutboxRelay, { strict: false });
    await relay.stop();
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await node.app.get(DataSource).transaction(async (manager) => {
      for (let n = 0; n < COUNT; n += 1) {
        const data = { n, text: n === COUNT - 1 ? 'the last' : 'one of many' };
        await broadcast.broadcastOrgEvent(deployment.orgId, 'test.numbered', data, { manager });
      }
    });
    await muted;
    relay.onApplicationBootstrap();
    await redis.kill();
    await redis.start();
    await until(() => clients.every((client) => client.has(COUNT - 1)), RECOVERY_MS);
    await deployment.commit(deployment.orgId, COUNT);
    for (const client of clients) {
      await until(() => client.has(COUNT));
      expect(client.account(COUNT + 1)).toEqual(NOTHING_AMISS);
    }
  });
});
