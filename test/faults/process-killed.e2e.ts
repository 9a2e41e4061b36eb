import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../../src/realtime/index.js';
import { OutboxRelay } from '../../src/realtime/outbox/outbox-relay.js';
import { Deployment, redisAt } from '../support/deployment.js';
import type { HeraldProcess } from '../support/herald-process.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

let deployment: Deployment;
let proxy: TcpProxy;
let victim: HeraldProcess;

beforeEach(async () => {
  deployment = await Deployment.start();
  proxy = await TcpProxy.start(deployment.redis);
  victim = await deployment.startProcess(redisAt(proxy));
});
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await proxy.stop();
});

const relays = (): OutboxRelay[] => deployment.nodes.map((node) => node.app.get(OutboxRelay, { strict: false }));

describe('a killed process', () => {
  it('that has committed but not published a change leaves it to the others, which publish it once Redis is back', async () => {
    const client = await deployment.watch(deployment.nodes[1]);
    proxy.blackHole('to-server');
    const api = deployment.api(victim);
    const names = ['First', 'Second', 'Third'];
    for (const name of names) {
      expect((await api.post(`/orgs/${deployment.orgId}/resources`, { name })).status).toBe(201);
    }
    await deployment.redis.kill();
    await victim.end('SIGKILL');
    await deployment.redis.start();
    await until(() => client.frames.length >= names.length);
    await deployment.commit(deployment.orgId, 0);
    await until(() => client.has(0));
    expect(client.frames).toMatchObject([
      ...names.map((name) => ({ event_type: 'resource.created', data: { resource_name: name } })),
      { event_type: 'test.numbered' },
    ]);
  });

  // @abuse PG-16
  it('that was publishing a long outbox leaves the rest to the others, which repeat nothing', async () => {
    const count = 4_000;
    const [node] = deployment.nodes;
    const clients = await Promise.all(deployment.nodes.map((each) => deployment.watch(each)));
    // Stops the others' relays, so that the victim publishes.
    await Promise.all(relays().map((relay) => relay.stop()));
    const isHeld = proxy.muteOn(`"n":${count / 2}`);
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await node.app.get(DataSource).transaction(async (manager) => {
      for (let n = 0; n < count; n += 1) {
        await broadcast.broadcastOrgEvent(deployment.orgId, 'test.numbered', { n }, { manager });
      }
    });
    await isHeld;
    await until(() => clients.every((client) => client.has(count / 2)));
    await victim.end('SIGKILL');
    const [{ waiting }] = await node.app
      .get(DataSource)
      .query('SELECT count(*)::int AS waiting FROM realtime_outbox WHERE published_at IS NULL');
    expect(waiting).toBeGreaterThan(0);

    for (const relay of relays()) relay.onApplicationBootstrap();
    for (const client of clients) {
      await until(() => client.has(count - 1));
      expect(client.account(count)).toEqual(NOTHING_AMISS);
    }
  });
});
