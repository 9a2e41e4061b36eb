import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../src/realtime/index.js';
import { ApiClient } from './support/api-client.js';
import { type Jwks, startJwks } from './support/keys.js';
import { type HeraldNode, startNode } from './support/node.js';
import { postgresDatabase, type RedisServer, startRedis } from './support/servers.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

const DISCONNECTED = { code: 4001, reason: 'disconnected' };

interface World {
  nodes: readonly [HeraldNode, HeraldNode];
  tokenOf: (userId: string, roles?: string[]) => Promise<string>;
  stop: () => Promise<void>;
}

/** Two nodes over one Redis and one Postgres. */
async function deployed(): Promise<World & { redis: RedisServer }> {
  const [jwks, redis]: [Jwks, RedisServer] = await Promise.all([startJwks(), startRedis()]);
  const variables = {
    DATABASE_URL: await postgresDatabase(),
    KEYCLOAK_JWKS_URL: jwks.url,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    RUN_JOBS: 'false',
  };
  const nodes = await Promise.all([startNode(variables), startNode(variables)]);
  return {
    nodes,
    redis,
    tokenOf: (userId, roles = []) => jwks.sign(userId, { claims: { realm_access: { roles } } }),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([jwks.stop(), redis.stop()]);
    },
  };
}

/** One node on embedded defaults, which plays both parts. */
async function embedded(): Promise<World> {
  const node = await startNode();
  return { nodes: [node, node], tokenOf: (userId, roles) => node.tokenFor(userId, { roles }), stop: () => node.stop() };
}

describe.each([
  ['two nodes', deployed],
  ['one node on embedded defaults', embedded],
])('administration of %s', (_, start) => {
  let world: World;
  let one: HeraldNode;
  let two: HeraldNode;
  let admin: ApiClient;
  let orgId: string;

  beforeAll(async () => {
    world = await start();
    [one, two] = world.nodes;
    admin = new ApiClient(one.url, await world.tokenOf('admin', ['realtime-admin']));
    orgId = (await (await apiOf('alice')).post('/orgs', { name: 'Acme' })).body.id;
    await (await apiOf('alice')).post(`/orgs/${orgId}/members`, { user_id: 'bob' });
  });
  afterEach(closeAllClients);
  afterAll(() => world.stop());

  async function apiOf(userId: string): Promise<ApiClient> {
    return new ApiClient(one.url, await world.tokenOf(userId));
  }

  async function join(node: HeraldNode, path: string, userId: string): Promise<TestClient> {
    const client = await connect(`${node.wsUrl}${path}`, { token: await world.tokenOf(userId) });
    expect(await client.next()).toMatchObject({ type: 'connection.established' });
    return client;
  }

  describe('disconnecting a user', () => {
    it('closes every connection of that user within a second, and nobody else’s', async () => {
      const bobs = [
        await join(one, '/ws/notifications/', 'bob'),
        await join(two, '/ws/notifications/', 'bob'),
        await join(two, `/ws/events/${orgId}/`, 'bob'),
      ];
      const alice = await join(two, `/ws/events/${orgId}/`, 'alice');
      expect((await admin.post('/realtime/users/bob/disconnect')).status).toBe(204);
      expect(await Promise.all(bobs.map((client) => client.closed(1_000)))).toEqual(bobs.map(() => DISCONNECTED));
      await alice.ping();
    });

    it('lets the user come back', async () => {
      const before = await join(two, '/ws/notifications/', 'bob');
      await admin.post('/realtime/users/bob/disconnect');
      await before.closed();
      await (await join(two, '/ws/notifications/', 'bob')).ping();
    });

    it('takes any user id, and does nothing for one who is not there', async () => {
      const odd = await join(two, '/ws/notifications/', 'auth0|5f/ü');
      expect((await admin.post('/realtime/users/nobody/disconnect')).status).toBe(204);
      expect((await admin.post(`/realtime/users/${encodeURIComponent('auth0|5f/ü')}/disconnect`)).status).toBe(204);
      expect(await odd.closed()).toEqual(DISCONNECTED);
    });

    it('is for administrators only', async () => {
      expect((await (await apiOf('alice')).post('/realtime/users/bob/disconnect')).status).toBe(403);
      expect((await new ApiClient(one.url, null).post('/realtime/users/bob/disconnect')).status).toBe(401);
      expect((await admin.post(`/realtime/users/${'x'.repeat(256)}/disconnect`)).status).toBe(404);
    });

    it('happens exactly if the transaction that asks for it commits', async () => {
      const client = await join(two, '/ws/notifications/', 'carol');
      const broadcast = one.app.get(BroadcastService, { strict: false });
      const dataSource = one.app.get(DataSource);
      const rolledBack = dataSource.transaction(async (manager) => {
        await broadcast.disconnectUser('carol', { manager });
        throw new Error('rolled back');
      });
      await expect(rolledBack).rejects.toThrow('rolled back');
      await broadcast.broadcastToEveryone({ title: 'A later message' });
      expect(await client.next()).toMatchObject({ notification: { title: 'A later message' } });
      await dataSource.transaction((manager) => broadcast.disconnectUser('carol', { manager }));
      expect(await client.closed(1_000)).toEqual(DISCONNECTED);
    });
  });

  describe('a notification for everyone', () => {
    it('reaches the notifications of all users on all nodes, and no organization’s events', async () => {
      const events = await join(two, `/ws/events/${orgId}/`, 'bob');
      const clients = [
        await join(one, '/ws/notifications/', 'alice'),
        await join(two, '/ws/notifications/', 'bob'),
        await join(two, '/ws/notifications/', 'bob'),
      ];
      await one.app.get(BroadcastService, { strict: false }).broadcastToEveryone({ title: 'Maintenance', minutes: 5 });
      for (const client of clients) {
        expect(await client.next()).toEqual({
          type: 'notification',
          notification: { title: 'Maintenance', minutes: 5, timestamp: expect.any(String) },
          cursor: expect.any(String),
        });
      }
      await (await apiOf('alice')).post(`/orgs/${orgId}/events`, { event_type: 'test.marker', data: {} });
      expect(await events.next()).toMatchObject({ event_type: 'test.marker' });
    });

    it('carries a cursor to resume with, and does not come again', async () => {
      const client = await join(one, '/ws/notifications/', 'dave');
      const broadcast = one.app.get(BroadcastService, { strict: false });
      await broadcast.broadcastNotification('dave', { title: 'First' });
      const first = await client.next();
      await broadcast.broadcastToEveryone({ title: 'For everyone' });
      const { cursor } = await client.next();
      expect(cursor).toBe(first.cursor);
      await client.close();
      await broadcast.broadcastNotification('dave', { title: 'Missed' });
      const again = await connect(`${two.wsUrl}/ws/notifications/?cursor=${String(cursor)}`, {
        token: await world.tokenOf('dave'),
      });
      expect(await again.next()).toMatchObject({ resumed: true });
      expect(await again.next()).toMatchObject({ notification: { title: 'Missed' } });
    });

    it('is checked when it is given', async () => {
      const broadcast = one.app.get(BroadcastService, { strict: false });
      await expect(broadcast.broadcastToEveryone({ title: '' })).rejects.toThrow('notification.title');
    });
  });
});

describe('administration while Redis is down', () => {
  it('disconnects a user when it is back', async () => {
    const world = await deployed();
    const [one, two] = world.nodes;
    try {
      const client = await connect(`${two.wsUrl}/ws/notifications/`, { token: await world.tokenOf('bob') });
      await client.next();
      await world.redis.kill();
      const admin = new ApiClient(one.url, await world.tokenOf('admin', ['realtime-admin']));
      expect((await admin.post('/realtime/users/bob/disconnect')).status).toBe(204);
      await world.redis.start();
      expect(await client.closed(15_000)).toEqual(DISCONNECTED);
    } finally {
      await closeAllClients();
      await world.stop();
    }
  });
});
