import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { NotificationsService } from '../src/notifications/notifications.service.js';
import { BroadcastService } from '../src/realtime/index.js';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type Frame, type TestClient } from './support/ws-client.js';

let node: Herald;
let broadcast: BroadcastService;
let dataSource: DataSource;
let userId: string;
let user: ApiClient;
let service: ApiClient;

beforeAll(async () => {
  node = await herald();
  broadcast = node.app.get(BroadcastService, { strict: false });
  dataSource = node.app.get(DataSource);
  service = await node.api('service', { roles: ['realtime-admin'] });
});
beforeEach(async () => {
  userId = randomUUID();
  user = await node.api(userId);
});
afterEach(closeAllClients);
afterAll(() => node.stop());

const device = (): Promise<TestClient> => node.join('/ws/notifications/', userId);

/** Returns the next inbox change, skipping notifications still in transit. */
async function nextChange(client: TestClient): Promise<Frame> {
  const frame = await client.next();
  return frame.type === 'inbox' ? frame : nextChange(client);
}

/** Sends this many notifications to the user, and returns their ids, oldest first. */
async function notify(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const { notification } = await broadcast.broadcastNotification(userId, { title: `No. ${n}` });
    ids.push(notification.id as string);
  }
  return ids;
}

async function titles(query = ''): Promise<unknown[]> {
  const { status, body } = await user.get(`/notifications${query}`);
  expect(status).toBe(200);
  return (body.items as { title: unknown }[]).map(({ title }) => title);
}

describe('the inbox', () => {
  it('holds the same object that the socket delivers, and its read time', async () => {
    const client = await device();
    await broadcast.broadcastNotification(userId, { title: 'Same', body: 'there', further: { a: [1, '\u0000 🐎'] } });
    const { notification } = await client.next();
    const { body } = await user.get('/notifications');
    expect(body).toEqual({ items: [{ ...(notification as object), read_at: null }], next_cursor: null });
    expect(notification).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), title: 'Same' });
  });

  it('is written in the caller’s transaction, or not at all', async () => {
    const transaction = dataSource.transaction(async (manager) => {
      await broadcast.broadcastNotification(userId, { title: 'Ghost' }, { manager });
      throw new Error('no');
    });
    await expect(transaction).rejects.toThrow('no');
    expect(await titles()).toEqual([]);
  });

  it('does not keep ephemeral notifications', async () => {
    const client = await device();
    const receipt = await broadcast.broadcastNotification(userId, { title: 'Passing' }, { ephemeral: true });
    expect(receipt.outcome).toBe('ephemeral');
    expect(await client.next()).toMatchObject({ notification: { title: 'Passing' } });
    expect(await titles()).toEqual([]);
  });

  it('is listed in pages, newest first, unaffected by new arrivals', async () => {
    await notify(5);
    const { body: first } = await user.get('/notifications?limit=2');
    await broadcast.broadcastNotification(userId, { title: 'Late' });
    const { body: second } = await user.get(`/notifications?limit=2&cursor=${first.next_cursor}`);
    const { body: third } = await user.get(`/notifications?limit=2&cursor=${second.next_cursor}`);
    const pages = [first, second, third].map(({ items }) => (items as { title: string }[]).map(({ title }) => title));
    expect(pages).toEqual([['No. 5', 'No. 4'], ['No. 3', 'No. 2'], ['No. 1']]);
    expect(third.next_cursor).toBeNull();
  });

  it('counts unread notifications, exactly up to 99', async () => {
    await notify(3);
    expect((await user.get('/notifications/unread_count')).body).toEqual({ unread_count: 3, has_more: false });
    await notify(97);
    expect((await user.get('/notifications/unread_count')).body).toEqual({ unread_count: 99, has_more: true });
  });

  it('is visible to its owner only', async () => {
    const [id] = await notify(1);
    const other = await node.api('other');
    expect((await other.get('/notifications')).body.items).not.toContainEqual(expect.objectContaining({ id }));
    expect((await other.post(`/notifications/${id}/read`)).status).toBe(404);
    expect((await other.delete(`/notifications/${id}`)).status).toBe(404);
    expect(await titles('?unread=true')).toEqual(['No. 1']);
  });

  it.each(['?limit=0', '?limit=101', '?cursor=nonsense', '?unread=maybe', '?more=1'])('refuses %s', async (query) => {
    expect((await user.get(`/notifications${query}`)).status).toBe(400);
  });

  it.each(['post', 'delete'] as const)(
    'returns 404 for a malformed or unknown notification id (%s)',
    async (method) => {
      for (const id of ['nonsense', randomUUID()]) {
        expect((await user[method](`/notifications/${id}${method === 'post' ? '/read' : ''}`)).status).toBe(404);
      }
    },
  );

  it('deletes notifications older than the retention period', async () => {
    const [old] = await notify(2);
    await dataSource.query(`UPDATE notifications SET created_at = now() - interval '91 days' WHERE id = $1`, [old]);
    const deleted = await node.app.get(NotificationsService, { strict: false }).deleteOlderThan(90);
    expect(deleted).toBe(1);
    expect(await titles()).toEqual(['No. 2']);
  });
});

describe('reading and deleting', () => {
  it('one notification, even twice, publishes one change to the other devices', async () => {
    const [id] = await notify(2);
    const client = await device();
    expect((await user.post(`/notifications/${id}/read`)).status).toBe(204);
    expect((await user.post(`/notifications/${id}/read`)).status).toBe(204);
    expect(await nextChange(client)).toEqual({
      type: 'inbox',
      action: 'read',
      ids: [id],
      unread_count: 1,
      has_more: false,
      cursor: expect.any(String),
    });
    expect(await titles('?unread=true')).toEqual(['No. 2']);
    expect((await user.delete(`/notifications/${id}`)).status).toBe(204);
    expect(await nextChange(client)).toMatchObject({ action: 'deleted', ids: [id], unread_count: 1 });
    expect(await titles()).toEqual(['No. 2']);
  });

  it('all up to a notification leaves later ones unread', async () => {
    const ids = await notify(3);
    const client = await device();
    expect((await user.post('/notifications/read_all', { up_to: ids[1] })).status).toBe(204);
    expect(await nextChange(client)).toMatchObject({
      action: 'read_all',
      up_to: ids[1],
      unread_count: 1,
      has_more: false,
    });
    expect(await titles('?unread=true')).toEqual(['No. 3']);
    expect((await user.post('/notifications/read_all')).status).toBe(204);
    expect(await nextChange(client)).toMatchObject({ action: 'read_all', unread_count: 0 });
    expect(await titles('?unread=true')).toEqual([]);
  });

  it('all up to an invalid id is refused', async () => {
    const { status, body } = await user.post('/notifications/read_all', { up_to: 'yesterday' });
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ field: 'up_to' })]]);
  });
});

describe('notifying with a dedupe_key', () => {
  it('keeps the first, and answers repeats with it, separately for each user', async () => {
    const client = await device();
    const body = (title: string, to = userId) => ({ user_id: to, notification: { title }, dedupe_key: 'invoice-7' });
    const first = await service.post('/notifications', body('First'));
    const second = await service.post('/notifications', body('Second'));
    const elsewhere = await service.post('/notifications', body('Third', randomUUID()));
    expect([first.status, second.status, elsewhere.status]).toEqual([201, 200, 201]);
    expect(second.body).toEqual(first.body);
    expect(await titles()).toEqual(['First']);
    await broadcast.broadcastNotification(userId, { title: 'Marker' });
    expect(await client.next()).toMatchObject({ notification: { title: 'First' } });
    expect(await client.next()).toMatchObject({ notification: { title: 'Marker' } });
  });

  it('keeps one of several concurrent notifications', async () => {
    const body = { user_id: userId, notification: { title: 'Once' }, dedupe_key: 'race' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => service.post('/notifications', body)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 201]);
    expect(await titles()).toEqual(['Once']);
  });
});

describe('muting', () => {
  it('keeps a type out of the inbox and off the socket', async () => {
    expect((await user.get('/notifications/preferences')).body).toEqual({ muted: [] });
    const { status, body } = await user.request('PUT', '/notifications/preferences', '{"muted":["message.received"]}');
    expect([status, body]).toEqual([200, { muted: ['message.received'] }]);
    const client = await device();
    const message = { message_id: randomUUID(), org_id: randomUUID(), from: 'bob' };
    const muted = { title: 'Muted', type: 'message.received', ...message } as const;
    expect((await broadcast.broadcastNotification(userId, muted)).outcome).toBe('muted');
    expect((await broadcast.broadcastNotification(userId, muted, { ephemeral: true })).outcome).toBe('muted');
    await broadcast.broadcastNotification(userId, { title: 'Loud' });
    expect(await client.next()).toMatchObject({ notification: { title: 'Loud' } });
    expect(await titles()).toEqual(['Loud']);
  });

  it.each([
    ['["system.alert"]', 'muted'],
    ['"all"', 'muted'],
    ['[1]', 'muted'],
  ])('refuses %s', async (muted, field) => {
    const { status, body } = await user.request('PUT', '/notifications/preferences', `{"muted":${muted}}`);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ field })]]);
  });
});
