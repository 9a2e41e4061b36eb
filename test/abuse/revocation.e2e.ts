import { afterEach, describe, expect, it } from '@jest/globals';
import { Broker } from '../../src/realtime/broker/broker.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { OutboxRelay } from '../../src/realtime/outbox/outbox-relay.js';
import type { ApiClient } from '../support/api-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { type Herald, twoHeralds } from '../support/herald.js';
import { closeAllClients, type TestClient } from '../support/ws-client.js';

const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };

let one: Herald;
let two: Herald;
let alice: ApiClient;
let orgId: string;

/** Starts two nodes that recheck authorization at this interval. */
async function start(revocationsIntervalMs: number): Promise<void> {
  [one, two] = await twoHeralds({}, { timings: { revocationsIntervalMs } });
  alice = await one.api('alice');
  orgId = await one.organization('alice');
}
afterEach(async () => {
  await closeAllClients();
  await one.stop();
});

const enter = (node: Herald, userId: string): Promise<TestClient> => node.join(`/ws/events/${orgId}/`, userId);

const say = async (word: string): Promise<void> => {
  const event = { event_type: `the.${word}`, data: {} };
  expect((await alice.post(`/orgs/${orgId}/events`, event)).status).toBe(202);
};

const hear = (client: TestClient, word: string): Promise<void> =>
  until(() => client.received.some(({ event_type }) => event_type === `the.${word}`), 20_000);

const wordsOf = ({ received }: TestClient): unknown[] =>
  received.map(({ event_type }) => event_type).filter((type) => String(type).startsWith('the.'));

describe('a member who is removed while Redis is down', () => {
  // @abuse AUTHZ-08
  it('receives nothing once Redis is back', async () => {
    await start(3_600_000);
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    const bobs = [await enter(one, 'bob'), await enter(two, 'bob')];
    const alices = [await enter(one, 'alice'), await enter(two, 'alice')];
    await one.redis.kill();
    await say('before');
    expect((await alice.delete(`/orgs/${orgId}/members/bob`)).status).toBe(204);
    await say('after');
    await one.redis.start();
    await Promise.all(alices.map((client) => hear(client, 'after')));
    expect(await Promise.all(bobs.map((client) => client.closed(20_000)))).toEqual(bobs.map(() => NOT_A_MEMBER));
    expect(bobs.map(wordsOf)).toEqual([[], []]);
  });

  // @abuse AUTHZ-08
  it('receives nothing published directly once Redis is back, even before the relay publishes the removal', async () => {
    await start(3_600_000);
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'dave' });
    const daves = [await enter(one, 'dave'), await enter(two, 'dave')];
    const alices = [await enter(one, 'alice'), await enter(two, 'alice')];
    const relays = [one, two].map(({ app }) => app.get(OutboxRelay, { strict: false }));
    const { app } = one;
    await one.redis.kill();
    try {
      expect((await alice.delete(`/orgs/${orgId}/members/dave`)).status).toBe(204);
      await Promise.all(relays.map((relay) => relay.stop()));
      await one.redis.start();
      await until(() => app.get(Broker, { strict: false }).isConnected());
      await app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, 'the.direct', {});
      await Promise.all(alices.map((client) => hear(client, 'direct')));
      expect(await Promise.all(daves.map((client) => client.closed(20_000)))).toEqual(daves.map(() => NOT_A_MEMBER));
    } finally {
      for (const relay of relays) relay.onApplicationBootstrap();
    }
    expect(daves.map(wordsOf)).toEqual([[], []]);
  });

  // @abuse AUTHZ-08
  it('is disconnected even if Redis stays down', async () => {
    await start(500);
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'carol' });
    const carols = [await enter(one, 'carol'), await enter(two, 'carol')];
    const other = await enter(two, 'alice');
    await one.redis.kill();
    try {
      expect((await alice.delete(`/orgs/${orgId}/members/carol`)).status).toBe(204);
      expect(await Promise.all(carols.map((client) => client.closed(20_000)))).toEqual(carols.map(() => NOT_A_MEMBER));
      await other.ping();
    } finally {
      await one.redis.start();
      await until(() => one.isHealthy());
    }
  });
});
