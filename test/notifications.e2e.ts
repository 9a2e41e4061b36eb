import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

let node: Herald;
let service: ApiClient;

beforeAll(async () => {
  node = await herald();
  service = await node.api('billing', { roles: ['realtime-admin'] });
});

afterEach(closeAllClients);

afterAll(() => node.stop());

const listening = (userId: string): Promise<TestClient> => node.join('/ws/notifications', userId);

describe('POST /notifications', () => {
  it('reaches all connections of the user, and nobody else’s', async () => {
    const [one, two, other] = [await listening('alice'), await listening('alice'), await listening('bob')];
    const notification = {
      title: 'Task Complete',
      body: 'Ready',
      type: 'my.type',
      action_url: '/x',
      extra: { a: [1] },
    };
    const { status, body } = await service.post('/notifications', { user_id: 'alice', notification });
    expect(status).toBe(201);
    expect(body).toEqual({ ...notification, id: expect.any(String), timestamp: expect.any(String) });
    expect(await one.next()).toMatchObject({ type: 'notification', notification: body });
    expect(await two.next()).toMatchObject({ type: 'notification', notification: body });
    await service.post('/notifications', { user_id: 'bob', notification: { title: 'Later' } });
    expect(await other.next()).toMatchObject({ notification: { title: 'Later' } });
  });

  it('keeps the sender’s timestamp', async () => {
    const notification = { title: 'Old', timestamp: '2020-01-01T00:00:00.000Z' };
    const { body } = await service.post('/notifications', { user_id: 'alice', notification });
    expect(body).toEqual({ ...notification, id: expect.any(String) });
  });

  it('uses the inbox id, even if the sender includes an id', async () => {
    const carol = await listening('carol');
    const request = { user_id: 'carol', notification: { title: 'Mine', id: 'my-id' }, dedupe_key: 'own' };
    const { body } = await service.post('/notifications', request);
    expect(body.id).not.toBe('my-id');
    expect((await service.post('/notifications', request)).body).toEqual(body);
    expect(await carol.next()).toMatchObject({ notification: body });
    const inbox = await node.api('carol');
    expect((await inbox.get('/notifications')).body.items).toEqual([{ ...body, read_at: null }]);
    expect((await inbox.post(`/notifications/${body.id}/read`)).status).toBe(204);
  });

  it('notifies only once for a dedupe_key', async () => {
    const alice = await listening('alice');
    const send = (title: string, dedupe_key?: string): Promise<unknown> =>
      service.post('/notifications', { user_id: 'alice', notification: { title }, dedupe_key });
    await send('First', 'key');
    await send('Repeated', 'key');
    await send('Last');
    expect(await alice.next()).toMatchObject({ notification: { title: 'First' } });
    expect(await alice.next()).toMatchObject({ notification: { title: 'Last' } });
  });

  it.each([
    ['user_id', { notification: { title: 'a' } }],
    ['user_id', { user_id: '', notification: { title: 'a' } }],
    ['notification', { user_id: 'alice' }],
    ['notification', { user_id: 'alice', notification: 'text' }],
    ['notification', { user_id: 'alice', notification: [] }],
    ['notification.title', { user_id: 'alice', notification: {} }],
    ['notification.title', { user_id: 'alice', notification: { title: '' } }],
    ['notification.title', { user_id: 'alice', notification: { title: 'x'.repeat(201) } }],
    ['notification.body', { user_id: 'alice', notification: { title: 'a', body: 'x'.repeat(4001) } }],
    ['dedupe_key', { user_id: 'alice', notification: { title: 'a' }, dedupe_key: '' }],
    ['extra', { user_id: 'alice', notification: { title: 'a' }, extra: 1 }],
  ])('refuses an invalid %s: %#', async (field, body) => {
    const answer = await service.post('/notifications', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe(field);
  });

  it('requires the realm role', async () => {
    const alice = await node.api('alice');
    expect((await alice.post('/notifications', { user_id: 'bob', notification: { title: 'a' } })).status).toBe(403);
  });
});
