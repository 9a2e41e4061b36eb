import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients } from './support/ws-client.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let node: Herald;
let alice: ApiClient;
let bobId: string;
let bob: ApiClient;
let org: string;

beforeAll(async () => {
  node = await herald();
  alice = await node.api('alice');
});

beforeEach(async () => {
  bobId = `auth0|${uuidv7()}`;
  bob = await node.api(bobId);
  org = await node.organization('alice', [bobId]);
});

afterEach(closeAllClients);

afterAll(() => node.stop());

async function messagesOf(api: ApiClient): Promise<unknown[]> {
  const { body } = await api.get('/notifications?limit=100');
  const notifications = body.items as { type?: string; body: unknown }[];
  return notifications.filter(({ type }) => type === 'message.received').map((notification) => notification.body);
}

describe('a message', () => {
  it('reaches a member, live and in the inbox', async () => {
    const client = await node.join('/ws/notifications/', bobId);
    const { status, body } = await alice.post(`/orgs/${org.toUpperCase()}/messages`, { to: bobId, body: 'Lunch?\n🐎' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      org_id: org,
      from: 'alice',
      to: bobId,
      body: 'Lunch?\n🐎',
      created_at: TIME,
    });
    const { notification } = await client.next();
    expect(notification).toEqual({
      id: expect.any(String),
      title: 'New message',
      body: 'Lunch?\n🐎',
      type: 'message.received',
      message_id: body.id,
      org_id: org,
      from: 'alice',
      timestamp: body.created_at,
    });
    const inbox = await bob.get('/notifications?limit=1');
    expect(inbox.body.items).toEqual([{ ...(notification as object), read_at: null }]);
  });

  it('is visible to its recipient only', async () => {
    await alice.post(`/orgs/${org}/messages`, { to: bobId, body: 'Lunch?' });
    await bob.post(`/orgs/${org}/messages`, { to: 'alice', body: 'Yes' });
    expect(await messagesOf(bob)).toEqual(['Lunch?']);
    expect(await messagesOf(alice)).toEqual(['Yes']);
  });

  it('may be as long as a notification', async () => {
    const body = '🐎'.repeat(4_000);
    expect((await alice.post(`/orgs/${org}/messages`, { to: bobId, body })).status).toBe(201);
    expect(await messagesOf(bob)).toEqual([body]);
  });

  it('to a non-member or former member is not sent', async () => {
    const strangerId = uuidv7();
    const stranger = await node.api(strangerId);
    await stranger.post('/orgs', { name: 'Acme' });
    await alice.delete(`/orgs/${org}/members/${encodeURIComponent(bobId)}`);
    for (const to of [strangerId, bobId, 'nobody', '__proto__']) {
      const answer = await alice.post(`/orgs/${org}/messages`, { to, body: 'Psst' });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
    expect([await messagesOf(stranger), await messagesOf(bob)]).toEqual([[], []]);
  });

  it('from strangers and former members is not sent', async () => {
    const stranger = await node.api(uuidv7());
    await alice.delete(`/orgs/${org}/members/${encodeURIComponent(bobId)}`);
    for (const api of [stranger, bob]) {
      expect((await api.post(`/orgs/${org}/messages`, { to: 'alice', body: 'Psst' })).status).toBe(404);
    }
  });

  it.each(['nonsense', '%00', '01997a6e-7e3f-7000-8000-000000000000'])(
    'returns 404 for the organization %s',
    async (id) => {
      expect((await alice.post(`/orgs/${id}/messages`, { to: 'alice', body: 'a' })).status).toBe(404);
    },
  );

  it.each([
    ['to', { body: 'a' }],
    ['to', { to: '', body: 'a' }],
    ['to', { to: 5, body: 'a' }],
    ['to', { to: 'a\nb', body: 'a' }],
    ['to', { to: 'x'.repeat(256), body: 'a' }],
    ['body', { to: 'alice' }],
    ['body', { to: 'alice', body: null }],
    ['body', { to: 'alice', body: ' ' }],
    ['body', { to: 'alice', body: 'x'.repeat(4_001) }],
    ['from', { to: 'alice', body: 'a', from: 'carol' }],
  ])('is refused if %s is invalid: %#', async (field, body) => {
    const answer = await alice.post(`/orgs/${org}/messages`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field }]);
  });
});
