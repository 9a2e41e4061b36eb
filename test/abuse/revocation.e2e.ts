import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Broker } from '../../src/realtime/broker/broker.js';
import { Recheck } from '../../src/realtime/connection/recheck.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { OutboxRelay } from '../../src/realtime/outbox/outbox-relay.js';
import type { ApiClient } from '../support/api-client.js';
import { apiOf } from '../support/tenant.js';
import { until } from '../support/until.js';
import { deployed } from '../support/world.js';
import { closeAllClients, connect, type TestClient } from '../support/ws-client.js';

const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };

let world: Awaited<ReturnType<typeof deployed>>;
let alice: ApiClient;
let orgId: string;

beforeAll(async () => {
  world = await deployed();
  alice = await apiOf(world, 'alice');
  orgId = (await alice.post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(closeAllClients);
afterAll(() => world.stop());

async function enter(node: 0 | 1, userId: string): Promise<TestClient> {
  const url = `${world.nodes[node].wsUrl}/ws/events/${orgId}/`;
  const client = await connect(url, { token: await world.tokenOf(userId) });
  expect(await client.next()).toMatchObject({ type: 'connection.established' });
  return client;
}

/** How often connections are asked about; from the next ones on. */
function recheckEvery(intervalMs: number): void {
  for (const { app } of world.nodes) app.get(Recheck, { strict: false }).intervalMs = intervalMs;
}

const say = async (word: string): Promise<void> => {
  const event = { event_type: `the.${word}`, data: {} };
  expect((await alice.post(`/orgs/${orgId}/events`, event)).status).toBe(202);
};

const hear = (client: TestClient, word: string): Promise<void> =>
  until(() => client.received.some(({ event_type }) => event_type === `the.${word}`), 20_000);

const wordsOf = ({ received }: TestClient): unknown[] =>
  received.map(({ event_type }) => event_type).filter((type) => String(type).startsWith('the.'));

describe('a member who is removed while Redis is down', () => {
  it('AUTHZ-08: gets nothing any more when it is back', async () => {
    recheckEvery(3_600_000);
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    const bobs = [await enter(0, 'bob'), await enter(1, 'bob')];
    const alices = [await enter(0, 'alice'), await enter(1, 'alice')];
    await world.redis.kill();
    await say('before');
    expect((await alice.delete(`/orgs/${orgId}/members/bob`)).status).toBe(204);
    await say('after');
    await world.redis.start();
    await Promise.all(alices.map((client) => hear(client, 'after')));
    expect(await Promise.all(bobs.map((client) => client.closed(20_000)))).toEqual(bobs.map(() => NOT_A_MEMBER));
    expect(bobs.map(wordsOf)).toEqual([[], []]);
  });

  it('AUTHZ-08: gets nothing that is published directly when it is back, though nobody has told of the removal yet', async () => {
    recheckEvery(3_600_000);
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'dave' });
    const daves = [await enter(0, 'dave'), await enter(1, 'dave')];
    const alices = [await enter(0, 'alice'), await enter(1, 'alice')];
    const relays = world.nodes.map(({ app }) => app.get(OutboxRelay, { strict: false }));
    const { app } = world.nodes[0];
    await world.redis.kill();
    try {
      expect((await alice.delete(`/orgs/${orgId}/members/dave`)).status).toBe(204);
      await Promise.all(relays.map((relay) => relay.stop()));
      await world.redis.start();
      await until(() => app.get(Broker, { strict: false }).isConnected());
      await app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, 'the.direct', {});
      await Promise.all(alices.map((client) => hear(client, 'direct')));
      expect(await Promise.all(daves.map((client) => client.closed(20_000)))).toEqual(daves.map(() => NOT_A_MEMBER));
    } finally {
      for (const relay of relays) relay.onApplicationBootstrap();
    }
    expect(daves.map(wordsOf)).toEqual([[], []]);
  });

  it('AUTHZ-08: is disconnected although it stays down', async () => {
    recheckEvery(500);
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'carol' });
    const carols = [await enter(0, 'carol'), await enter(1, 'carol')];
    const other = await enter(1, 'alice');
    await world.redis.kill();
    try {
      expect((await alice.delete(`/orgs/${orgId}/members/carol`)).status).toBe(204);
      expect(await Promise.all(carols.map((client) => client.closed(20_000)))).toEqual(carols.map(() => NOT_A_MEMBER));
      await other.ping();
    } finally {
      await world.redis.start();
      await until(() => world.nodes[0].isHealthy());
    }
  });
});
