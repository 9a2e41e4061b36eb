import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { ApiClient } from './support/api-client.js';
import { RealtimeRedis } from '../src/realtime/broker/realtime-redis.js';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, herald, ONE_AND_MANY } from './support/herald.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

/** Shorter than in production, and long enough to come back in. */
const LINGER_MS = 3_000;

const joined = (userId: string) => ({ type: 'presence', action: 'joined', user_id: userId });
const left = (userId: string) => ({ type: 'presence', action: 'left', user_id: userId });

/** Creates an organization of Alice’s with Bob and Carol as members. */
async function found(node: Herald): Promise<{ orgId: string; alice: ApiClient }> {
  return { orgId: await node.organization('alice', ['bob', 'carol']), alice: await node.api('alice') };
}

describe.each(ONE_AND_MANY)('presence on %s', (_, start) => {
  let one: Herald;
  let two: Herald;
  let alice: ApiClient;
  let orgId: string;

  beforeAll(async () => {
    [one, two] = await start({}, { timings: { presenceLingerMs: LINGER_MS } });
  });
  // Nobody is still there from the test before.
  beforeEach(async () => {
    ({ orgId, alice } = await found(one));
  });
  afterEach(closeAllClients);
  afterAll(() => one.stop());

  async function join(node: Herald, userId: string, query = ''): Promise<TestClient> {
    return node.join(`/ws/events/${orgId}/${query}`, userId);
  }

  async function present(): Promise<unknown[]> {
    return (await alice.get(`/orgs/${orgId}/presence`)).body.items;
  }

  it('publishes a user’s first connection and last disconnection to subscribers', async () => {
    const watchers = [await join(one, 'alice', '?presence=true'), await join(two, 'alice', '?presence=true')];
    const first = await join(one, 'bob');
    const second = await join(two, 'bob');
    for (const watcher of watchers) expect(await watcher.next()).toEqual(joined('bob'));
    await until(async () => JSON.stringify(await present()).includes('"bob","connections":2'));
    await first.close();
    await until(async () => JSON.stringify(await present()).includes('"bob","connections":1'));
    await second.close();
    for (const watcher of watchers) expect(await watcher.next()).toEqual(left('bob'));
    expect(JSON.stringify(await present())).not.toContain('bob');
  });

  it('tells nothing of a user who is back in time, on any node', async () => {
    const watcher = await join(one, 'alice', '?presence=true');
    const bob = await join(one, 'bob');
    expect(await watcher.next()).toEqual(joined('bob'));
    await bob.close();
    await until(async () => JSON.stringify(await present()).includes('"bob","connections":0'));
    const again = await join(two, 'bob');
    await until(async () => JSON.stringify(await present()).includes('"bob","connections":1'));
    const carol = await join(two, 'carol');
    expect(await watcher.next()).toEqual(joined('carol'));
    await carol.close();
    // If anything had been told of Bob, it would have come before this.
    expect(await watcher.next()).toEqual(left('carol'));
    await again.ping();
  });

  it('lists connected users with the number of their connections', async () => {
    await join(one, 'carol');
    await join(one, 'bob');
    await join(two, 'bob');
    await connect(`${two.wsUrl}/ws/notifications/`, { token: await one.tokenFor('bob') });
    await until(async () => (await present()).length === 2);
    await until(async () => JSON.stringify(await present()).includes('"bob","connections":2'));
    expect((await alice.get(`/orgs/${orgId}/presence`)).body).toEqual({
      items: [
        { user_id: 'bob', connections: 2 },
        { user_id: 'carol', connections: 1 },
      ],
    });
  });

  it.each(['', '?presence=false', '?presence='])(
    'sends nothing to a client that connected with "%s"',
    async (query) => {
      const silent = await join(two, 'alice', query);
      const watcher = await join(two, 'carol', '?presence=true');
      await join(one, 'bob');
      let frame = await watcher.next();
      while (frame.user_id !== 'bob') frame = await watcher.next();
      await alice.post(`/orgs/${orgId}/events`, { event_type: 'test.marker', data: {} });
      expect(await silent.next()).toMatchObject({ event_type: 'test.marker' });
    },
  );

  it('does not affect cursors or resuming', async () => {
    const watcher = await join(one, 'alice', '?presence=true');
    await alice.post(`/orgs/${orgId}/events`, { event_type: 'test.first', data: {} });
    const { cursor } = await watcher.next();
    await join(two, 'bob');
    expect(await watcher.next()).toEqual(joined('bob'));
    await watcher.close();
    await alice.post(`/orgs/${orgId}/events`, { event_type: 'test.missed', data: {} });
    const again = await connect(`${two.wsUrl}/ws/events/${orgId}/?presence=true&cursor=${String(cursor)}`, {
      token: await one.tokenFor('alice'),
    });
    expect(await again.next()).toMatchObject({ resumed: true });
    expect(await again.next()).toMatchObject({ event_type: 'test.missed' });
  });

  it('is restricted to members', async () => {
    const stranger = new ApiClient(two.url, await one.tokenFor('mallory'));
    expect((await stranger.get(`/orgs/${orgId}/presence`)).status).toBe(404);
    expect((await stranger.get('/orgs/nonsense/presence')).status).toBe(404);
  });
});

describe('presence in Redis', () => {
  let node: Herald;
  let admin: Redis;

  beforeAll(async () => {
    node = await herald({ RUN_JOBS: 'false' }, { timings: { presenceLingerMs: 100 } });
    admin = new Redis(node.redis.url);
  });
  afterEach(closeAllClients);
  afterAll(async () => {
    admin.disconnect();
    await node.stop();
  });

  async function published(): Promise<number> {
    return Number(/^cmdstat_publish:calls=(\d+)/m.exec(await admin.info('commandstats'))?.[1] ?? 0);
  }

  it('publishes nothing where nobody watches', async () => {
    const [{ orgId, alice }, watched] = [await found(node), await found(node)];
    const watcher = await node.join(`/ws/events/${watched.orgId}/?presence=true`, 'alice');
    const present = async () => JSON.stringify((await alice.get(`/orgs/${orgId}/presence`)).body.items);
    await until(async () =>
      JSON.stringify((await watched.alice.get(`/orgs/${watched.orgId}/presence`)).body.items).includes('alice'),
    );
    await flushOutbox(node.app);
    await until(() => node.app.get(RealtimeRedis, { strict: false }).countsSubscribers());
    const before = await published();
    const bob = await node.join(`/ws/events/${orgId}/`, 'bob');
    await until(async () => (await present()).includes('bob'));
    await bob.close();
    await until(async () => !(await present()).includes('bob'));
    expect(await published()).toBe(before);
    await node.join(`/ws/events/${watched.orgId}/`, 'bob');
    expect(await watcher.next()).toEqual(joined('bob'));
    expect(await published()).toBe(before + 1);
  });
});
