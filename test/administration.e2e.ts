import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../src/realtime/index.js';
import { ApiClient } from './support/api-client.js';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, ONE_AND_MANY, twoHeralds } from './support/herald.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

const DISCONNECTED = { code: 4001, reason: 'disconnected' };

describe.each(ONE_AND_MANY)('administration of %s', (_, start) => {
  let one: Herald;
  let two: Herald;
  let admin: ApiClient;
  let orgId: string;

  beforeAll(async () => {
    [one, two] = await start();
    admin = await one.api('admin', { roles: ['realtime-admin'] });
    orgId = await one.organization('alice', ['bob']);
  });
  afterEach(closeAllClients);
  afterAll(() => one.stop());

  async function join(node: Herald, path: string, userId: string, asNewMember = false): Promise<TestClient> {
    if (asNewMember) {
      await (await one.api('alice')).post(`/orgs/${orgId}/members`, { user_id: userId });
      await flushOutbox(one.app);
    }
    return node.join(path, userId);
  }

  describe('disconnecting a user', () => {
    // @abuse AUTHZ-12
    it('closes all connections of that user, and no others', async () => {
      const bobs = [
        await join(one, '/ws/notifications/', 'bob'),
        await join(two, '/ws/notifications/', 'bob'),
        await join(two, `/ws/events/${orgId}/`, 'bob'),
      ];
      const alice = await join(two, `/ws/events/${orgId}/`, 'alice');
      expect((await admin.post('/realtime/users/bob/disconnect')).status).toBe(204);
      expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => DISCONNECTED));
      await alice.ping();
    });

    it('lets the user reconnect', async () => {
      const before = await join(two, '/ws/notifications/', 'bob');
      await admin.post('/realtime/users/bob/disconnect');
      await before.closed();
      await (await join(two, '/ws/notifications/', 'bob')).ping();
    });

    it('accepts any user id, and does nothing for a user who is not connected', async () => {
      const odd = await join(two, '/ws/notifications/', 'auth0|5f/ü');
      expect((await admin.post('/realtime/users/nobody/disconnect')).status).toBe(204);
      expect((await admin.post(`/realtime/users/${encodeURIComponent('auth0|5f/ü')}/disconnect`)).status).toBe(204);
      expect(await odd.closed()).toEqual(DISCONNECTED);
    });

    it('is restricted to administrators', async () => {
      expect((await (await one.api('alice')).post('/realtime/users/bob/disconnect')).status).toBe(403);
      expect((await new ApiClient(one.url, null).post('/realtime/users/bob/disconnect')).status).toBe(401);
      expect((await admin.post(`/realtime/users/${'x'.repeat(256)}/disconnect`)).status).toBe(404);
    });

    it('takes effect only if its transaction commits', async () => {
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
      expect(await client.closed()).toEqual(DISCONNECTED);
    });
  });

  describe('live connections', () => {
    interface Listed {
      connection_id: string;
      [field: string]: unknown;
    }

    /** Waits for this count: connections are listed after a short delay. */
    async function list(query: string, count: number): Promise<Listed[]> {
      let items: Listed[] = [];
      await until(async () => {
        items = (await admin.get(`/realtime/connections${query}`)).body.items;
        return items.length === count;
      });
      return items;
    }

    it('include those of all nodes, with all their details', async () => {
      const client = await join(two, `/ws/events/${orgId}/`, 'erin', true);
      const [item] = await list('?user_id=erin', 1);
      expect(item).toEqual({
        connection_id: client.received[0]?.connection_id,
        user_id: 'erin',
        endpoint: 'events',
        org_id: orgId,
        node: expect.any(String),
        connected_at: expect.stringMatching(/^\d{4}-.*Z$/),
        expires_at: client.received[0]?.expires_at,
        remote_address: '127.0.0.1',
        sent: 1,
        // The welcome, and its four-byte frame header.
        sent_bytes: JSON.stringify(client.received[0]).length + 4,
        buffered_bytes: 0,
      });
      await client.close();
      await list('?user_id=erin', 0);
    });

    it('are filtered by user and organization, and paginated', async () => {
      const clients = [
        await join(one, '/ws/notifications/', 'frank'),
        await join(two, '/ws/notifications/', 'frank'),
        await join(one, `/ws/events/${orgId}/`, 'frank', true),
        await join(two, `/ws/events/${orgId}/`, 'frank', true),
        await join(two, `/ws/events/${orgId}/`, 'bob'),
        await join(two, '/ws/notifications/', 'frank:'),
      ];
      const ids = clients.map(({ received }) => received[0]?.connection_id);
      const idsOf = async (query: string, count: number) =>
        (await list(query, count)).map(({ connection_id }) => connection_id);
      expect(await idsOf('?user_id=frank', 4)).toEqual(ids.slice(0, 4));
      expect(await idsOf(`?org_id=${orgId.toUpperCase()}`, 3)).toEqual(ids.slice(2, 5));
      expect(await idsOf(`?user_id=frank&org_id=${orgId}`, 2)).toEqual(ids.slice(2, 4));
      expect(await idsOf('', 6)).toEqual(ids);
      const paged: unknown[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const { body } = await admin.get(`/realtime/connections?limit=4${query}`);
        paged.push(...body.items.map(({ connection_id }: Listed) => connection_id));
        cursor = body.next_cursor;
      }
      expect(paged).toEqual(ids);
    });

    it('can be closed one by one, on any node', async () => {
      const client = await join(two, '/ws/notifications/', 'grace');
      const other = await join(two, '/ws/notifications/', 'grace');
      await list('?user_id=grace', 2);
      const id = String(client.received[0]?.connection_id);
      expect((await admin.delete(`/realtime/connections/${id.toUpperCase()}`)).status).toBe(204);
      expect(await client.closed()).toEqual(DISCONNECTED);
      await other.ping();
      await list('?user_id=grace', 1);
      expect((await admin.delete(`/realtime/connections/${id}`)).status).toBe(404);
      expect((await admin.delete('/realtime/connections/nonsense')).status).toBe(404);
    });

    it('are listed for administrators only', async () => {
      const alice = await one.api('alice');
      expect((await alice.get('/realtime/connections')).status).toBe(403);
      const client = await join(two, '/ws/notifications/', 'alice');
      const id = String(client.received[0]?.connection_id);
      expect((await alice.delete(`/realtime/connections/${id}`)).status).toBe(403);
      await client.ping();
    });

    it.each(['?org_id=acme', '?user_id=', '?limit=0', '?cursor=x', '?node=one'])(
      'refuse the query %s',
      async (query) => {
        expect((await admin.get(`/realtime/connections${query}`)).status).toBe(400);
      },
    );
  });

  describe('a notification to all users', () => {
    it('reaches the notifications of all users on all nodes, but no organization’s events', async () => {
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
      await (await one.api('alice')).post(`/orgs/${orgId}/events`, { event_type: 'test.marker', data: {} });
      expect(await events.next()).toMatchObject({ event_type: 'test.marker' });
    });

    it('carries a cursor to resume with, and is not repeated', async () => {
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
        token: await one.tokenFor('dave'),
      });
      expect(await again.next()).toMatchObject({ resumed: true });
      expect(await again.next()).toMatchObject({ notification: { title: 'Missed' } });
    });

    it('is validated when published', async () => {
      const broadcast = one.app.get(BroadcastService, { strict: false });
      await expect(broadcast.broadcastToEveryone({ title: '' })).rejects.toThrow('notification.title');
    });
  });
});

describe('administration while Redis fails', () => {
  let one: Herald;
  let two: Herald;
  let admin: ApiClient;

  beforeAll(async () => {
    [one, two] = await twoHeralds({}, { timings: { nodeLeaseMs: 1_500 } });
    admin = await one.api('admin', { roles: ['realtime-admin'] });
  });
  beforeEach(() => until(async () => (await one.isHealthy()) && (await two.isHealthy())));
  afterEach(closeAllClients);
  afterAll(() => one.stop());

  it('registers live connections again after Redis has lost its data', async () => {
    const client = await two.join('/ws/notifications/', 'bob');
    const count = async () => (await admin.get('/realtime/connections')).body.items?.length as number | undefined;
    await until(async () => (await count()) === 1);
    await one.redis.kill();
    expect((await admin.get('/realtime/connections')).status).toBe(503);
    await one.redis.start();
    await until(async () => (await count()) === 1);
    await client.ping();
  });

  it('disconnects a user once Redis is back', async () => {
    const client = await two.join('/ws/notifications/', 'bob');
    await one.redis.kill();
    expect((await admin.post('/realtime/users/bob/disconnect')).status).toBe(204);
    await one.redis.start();
    expect(await client.closed()).toEqual(DISCONNECTED);
  });
});
