import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients } from './support/ws-client.js';

const UNKNOWN = '01997a6e-7e3f-7000-8000-000000000000';

let node: Herald;
let alice: ApiClient;
let bob: ApiClient;
let carol: ApiClient;

beforeAll(async () => {
  node = await herald();
  alice = await node.api('alice', { email: 'alice@example.com' });
  bob = await node.api('bob', { email: 'bob@example.com' });
  carol = await node.api('carol');
});

afterEach(closeAllClients);

afterAll(() => node.stop());

async function founded(founder = alice, name = 'Acme'): Promise<string> {
  const { status, body } = await founder.post('/orgs', { name });
  expect(status).toBe(201);
  return body.id;
}

describe('organizations', () => {
  it('makes the creator the owner', async () => {
    const { status, body } = await alice.post('/orgs', { name: 'Acme' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Acme', role: 'owner', created_at: expect.any(String) });
    const members = await alice.get(`/orgs/${body.id}/members`);
    expect(members.body).toEqual({
      items: [{ user_id: 'alice', email: 'alice@example.com', role: 'owner', joined_at: expect.any(String) }],
      next_cursor: null,
    });
  });

  it.each([{}, { name: '' }, { name: '  ' }, { name: 1 }, { name: null }, { name: 'x'.repeat(201) }, { name: 'a\nb' }])(
    'refuses %j and names the field',
    async (body) => {
      const answer = await alice.post('/orgs', body);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body.errors).toContainEqual({ field: 'name', message: expect.stringContaining('name') });
    },
  );

  it('refuses unknown fields', async () => {
    const { status, body } = await alice.post('/orgs', { name: 'Acme', owner: 'bob' });
    expect(status).toBe(400);
    expect(body.errors).toEqual([expect.objectContaining({ field: 'owner' })]);
  });

  it('lists only the user’s own, page by page', async () => {
    const dave = await node.api('dave');
    const ids = [await founded(dave, 'One'), await founded(dave, 'Two'), await founded(dave, 'Three')];
    const first = await dave.get('/orgs?limit=2');
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(['One', 'Two']);
    const second = await dave.get(`/orgs?limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body).toMatchObject({ items: [{ id: ids[2], role: 'owner' }], next_cursor: null });
  });

  it.each(['limit=0', 'limit=101', 'limit=1.5', 'limit=', 'cursor=nonsense', 'limit=2&limit=3', 'page=2'])(
    'refuses a list with %s',
    async (query) => {
      const { status, body } = await alice.get(`/orgs?${query}`);
      expect(status).toBe(400);
      expect(body.errors[0].field).toBe(query.split('=')[0]);
    },
  );

  it('accepts the UUID in capitals', async () => {
    const id = await founded();
    expect((await alice.get(`/orgs/${id.toUpperCase()}`)).body).toMatchObject({ id, name: 'Acme' });
  });

  it('can be renamed and deleted only by owners', async () => {
    const id = await founded();
    await alice.post(`/orgs/${id}/members`, { user_id: 'bob', role: 'admin' });
    expect((await bob.patch(`/orgs/${id}`, { name: 'Bobs' })).status).toBe(403);
    expect((await bob.delete(`/orgs/${id}`)).status).toBe(403);
    const renamed = await alice.patch(`/orgs/${id}`, { name: 'Better' });
    expect(renamed).toMatchObject({ status: 200, body: { id, name: 'Better' } });
    expect((await alice.delete(`/orgs/${id}`)).status).toBe(204);
    expect((await alice.get(`/orgs/${id}`)).status).toBe(404);
    expect((await bob.get(`/orgs/${id}/members`)).status).toBe(404);
  });

  it('appears not to exist to non-members, in every request', async () => {
    const id = await founded();
    const foreign = [
      await carol.get(`/orgs/${id}`),
      await carol.patch(`/orgs/${id}`, { name: 'Mine' }),
      await carol.delete(`/orgs/${id}`),
      await carol.get(`/orgs/${id}/members`),
      await carol.post(`/orgs/${id}/members`, { user_id: 'carol' }),
      await carol.patch(`/orgs/${id}/members/alice`, { role: 'member' }),
      await carol.delete(`/orgs/${id}/members/alice`),
      await carol.get(`/orgs/${id}/resources`),
      await carol.post(`/orgs/${id}/resources`, { name: 'Theirs' }),
      await carol.get(`/orgs/${id}/resources/${UNKNOWN}`),
      await carol.post(`/orgs/${id}/exports`, { format: 'csv' }),
      await carol.post(`/orgs/${id}/events`, { event_type: 'invoice.paid', data: {} }),
      await alice.get(`/orgs/${UNKNOWN}`),
      await alice.get('/orgs/nonsense/members'),
    ];
    expect(foreign.map(({ status }) => status)).toEqual(foreign.map(() => 404));
    expect(new Set(foreign.map(({ body }) => body.detail)).size).toBe(1);
  });
});

describe('members', () => {
  it('are added by any user id; the organization and the user are notified', async () => {
    await bob.get('/orgs');
    const id = await founded();
    const events = await node.join(`/ws/events/${id}/`, 'alice');
    const notifications = await node.join('/ws/notifications/', 'bob');
    const { status, body } = await alice.post(`/orgs/${id}/members`, { user_id: 'bob', role: 'admin' });
    expect(status).toBe(201);
    expect(body).toEqual({ user_id: 'bob', email: 'bob@example.com', role: 'admin', joined_at: expect.any(String) });
    expect(await events.next()).toMatchObject({
      type: 'event',
      event_type: 'member.joined',
      data: {
        user_id: 'bob',
        user_email: 'bob@example.com',
        org_id: id,
        role: 'admin',
        timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      },
    });
    expect(await notifications.next()).toMatchObject({
      type: 'notification',
      notification: { title: 'Added to Organization', org_id: id, org_name: 'Acme', action_url: expect.any(String) },
    });
  });

  it('may be users who have never connected, with ids of any form', async () => {
    const id = await founded();
    for (const userId of ['auth0|5f/..%2F', '__proto__', 'Ünï 🎉', 'eve@example.com', 'x'.repeat(255)]) {
      const added = await alice.post(`/orgs/${id}/members`, { user_id: userId });
      expect(added).toMatchObject({ status: 201, body: { user_id: userId, email: null, role: 'member' } });
      const path = `/orgs/${id}/members/${encodeURIComponent(userId)}`;
      expect(await alice.patch(path, { role: 'admin' })).toMatchObject({ status: 200, body: { role: 'admin' } });
      expect((await alice.delete(path)).status).toBe(204);
      expect((await alice.delete(path)).status).toBe(404);
    }
  });

  it.each([
    { user_id: '' },
    { user_id: 'a\nb' },
    { user_id: 'x'.repeat(256) },
    { user_id: 5 },
    { user_id: 'eve', role: 'king' },
    { user_id: 'eve', role: null },
  ])('are not added for an invalid %j', async (member) => {
    const id = await founded();
    const { status, body } = await alice.post(`/orgs/${id}/members`, member);
    expect(status).toBe(400);
    expect(body.errors[0].field).toBe('role' in member ? 'role' : 'user_id');
  });

  it('are added once, even by concurrent requests', async () => {
    const id = await founded();
    const adding = Array.from({ length: 5 }, () => alice.post(`/orgs/${id}/members`, { user_id: 'bob' }));
    const statuses = (await Promise.all(adding)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it('are listed page by page', async () => {
    const id = await founded();
    for (const user_id of ['dora', 'bob', 'emil']) await alice.post(`/orgs/${id}/members`, { user_id });
    const first = await alice.get(`/orgs/${id}/members?limit=3`);
    const second = await alice.get(`/orgs/${id}/members?limit=3&cursor=${first.body.next_cursor}`);
    const names = [...first.body.items, ...second.body.items].map(({ user_id }) => user_id);
    expect(names).toEqual(['alice', 'bob', 'dora', 'emil']);
    expect(second.body.next_cursor).toBeNull();
  });

  it('who are admins add and remove only plain members', async () => {
    const id = await founded();
    await alice.post(`/orgs/${id}/members`, { user_id: 'bob', role: 'admin' });
    expect((await bob.post(`/orgs/${id}/members`, { user_id: 'carol', role: 'admin' })).status).toBe(403);
    expect((await bob.post(`/orgs/${id}/members`, { user_id: 'carol', role: 'owner' })).status).toBe(403);
    expect((await bob.post(`/orgs/${id}/members`, { user_id: 'carol' })).status).toBe(201);
    expect((await bob.patch(`/orgs/${id}/members/carol`, { role: 'admin' })).status).toBe(403);
    expect((await bob.delete(`/orgs/${id}/members/alice`)).status).toBe(403);
    expect((await bob.delete(`/orgs/${id}/members/carol`)).status).toBe(204);
    expect((await bob.delete(`/orgs/${id}/members/bob`)).status).toBe(204);
  });

  it('who are plain members change nobody, but may leave', async () => {
    const id = await founded();
    const events = await node.join(`/ws/events/${id}`, 'alice');
    await alice.post(`/orgs/${id}/members`, { user_id: 'bob' });
    await alice.post(`/orgs/${id}/members`, { user_id: 'carol' });
    expect((await bob.post(`/orgs/${id}/members`, { user_id: 'dora' })).status).toBe(403);
    expect((await bob.delete(`/orgs/${id}/members/carol`)).status).toBe(403);
    expect((await bob.delete(`/orgs/${id}/members/nobody`)).status).toBe(403);
    expect((await bob.delete(`/orgs/${id}/members/bob`)).status).toBe(204);
    expect((await bob.get(`/orgs/${id}`)).status).toBe(404);
    const types = [await events.next(), await events.next(), await events.next()];
    expect(types[2]).toMatchObject({
      event_type: 'member.left',
      data: { user_id: 'bob', org_id: id, timestamp: expect.any(String) },
    });
  });

  it('always include an owner', async () => {
    const id = await founded();
    await alice.post(`/orgs/${id}/members`, { user_id: 'bob' });
    expect((await alice.delete(`/orgs/${id}/members/alice`)).status).toBe(409);
    expect((await alice.patch(`/orgs/${id}/members/alice`, { role: 'admin' })).status).toBe(409);
    expect((await alice.patch(`/orgs/${id}/members/alice`, { role: 'owner' })).status).toBe(200);
    expect((await alice.patch(`/orgs/${id}/members/bob`, { role: 'owner' })).status).toBe(200);
    const leaving = [alice.delete(`/orgs/${id}/members/alice`), bob.delete(`/orgs/${id}/members/bob`)];
    const statuses = (await Promise.all(leaving)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 409]);
  });

  it('receive no event when an organization is created', async () => {
    const id = await founded();
    const events = await node.join(`/ws/events/${id}`, 'alice');
    await alice.post(`/orgs/${id}/events`, { event_type: 'invoice.paid', data: {} });
    expect(await events.next()).toMatchObject({ event_type: 'invoice.paid' });
  });
});

describe('the events endpoint', () => {
  it.each([UNKNOWN, 'nonsense', '%00'])('closes with 4003 for the organization %s', async (id) => {
    const client = await node.connect(`/ws/events/${id}/`, 'alice');
    expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
  });

  it('closes with 4003 for non-members', async () => {
    const id = await founded();
    const client = await node.connect(`/ws/events/${id}/`, 'carol');
    expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
    expect(client.received).toEqual([]);
  });

  it('accepts members, even with the UUID in capitals', async () => {
    const id = await founded();
    const client = await node.connect(`/ws/events/${id.toUpperCase()}/`, 'alice');
    expect(await client.next()).toMatchObject({
      type: 'connection.established',
      message: 'Connected to organization events',
      org_id: id,
      user_id: 'alice',
    });
  });
});

describe('POST /orgs/:org_id/events', () => {
  it('publishes the data unchanged', async () => {
    const id = await founded();
    const events = await node.join(`/ws/events/${id}`, 'alice');
    const data = { a: [1, null, { b: 'ü', valueOf: 2 }], toString: 'c', hasOwnProperty: {} };
    const { status } = await alice.post(`/orgs/${id}/events`, { event_type: 'invoice.paid', data });
    expect(status).toBe(202);
    const frame = await events.next();
    expect(frame).toMatchObject({ type: 'event', event_type: 'invoice.paid' });
    expect(frame.data).toEqual(data);
  });

  it.each([
    ['event_type', { data: {} }],
    ['event_type', { event_type: 'resource.created', data: {} }],
    ['event_type', { event_type: 'task.completed', data: {} }],
    ['event_type', { event_type: 'nodot', data: {} }],
    ['event_type', { event_type: 'a.b.c', data: {} }],
    ['event_type', { event_type: 7, data: {} }],
    ['data', { event_type: 'invoice.paid' }],
    ['data', { event_type: 'invoice.paid', data: [] }],
    ['data', { event_type: 'invoice.paid', data: 'text' }],
    ['data', { event_type: 'invoice.paid', data: { text: 'x'.repeat(70_000) } }],
    ['extra', { event_type: 'invoice.paid', data: {}, extra: 1 }],
  ])('refuses an invalid %s: %#', async (field, body) => {
    const id = await founded();
    const answer = await alice.post(`/orgs/${id}/events`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe(field);
  });

  it('refuses data that is nested too deeply', async () => {
    const id = await founded();
    const body = `{"event_type":"invoice.paid","data":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    expect((await alice.request('POST', `/orgs/${id}/events`, body)).status).toBe(400);
  });

  it('is forbidden for plain members', async () => {
    const id = await founded();
    await alice.post(`/orgs/${id}/members`, { user_id: 'bob' });
    expect((await bob.post(`/orgs/${id}/events`, { event_type: 'invoice.paid', data: {} })).status).toBe(403);
  });
});
