import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients } from './support/ws-client.js';

const UNKNOWN = '01997a6e-7e3f-7000-8000-000000000000';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let node: Herald;
let alice: ApiClient;
let org: string;
let resource: string;
let comments: string;

beforeAll(async () => {
  node = await herald();
  alice = await node.api('alice', { email: 'alice@example.com' });
});

beforeEach(async () => {
  org = await node.organization('alice');
  resource = (await alice.post(`/orgs/${org}/resources`, { name: 'Report' })).body.id;
  comments = `/orgs/${org}/resources/${resource}/comments`;
});

afterEach(closeAllClients);

afterAll(() => node.stop());

/** Creates a user, by default a member, optionally with a known e-mail. */
async function person({
  id = uuidv7(),
  email,
  isMember = true,
}: { id?: string; email?: string; isMember?: boolean } = {}) {
  const api = await node.api(id, email === undefined ? {} : { email });
  await api.get('/orgs');
  if (isMember) expect((await alice.post(`/orgs/${org}/members`, { user_id: id })).status).toBe(201);
  return { id, api, mentions: () => mentionsOf(api) };
}

/** The ids of the comments that mention the user, newest first. */
async function mentionsOf(api: ApiClient): Promise<unknown[]> {
  const { body } = await api.get('/notifications?limit=100');
  const notifications = body.items as { type?: string; org_id: string; comment_id: string }[];
  const mentions = notifications.filter(({ type, org_id }) => type === 'mention.received' && org_id === org);
  return mentions.map(({ comment_id }) => comment_id);
}

async function comment(body: string, author = alice): Promise<string> {
  const answer = await author.post(comments, { body });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

describe('a comment', () => {
  it('is written and listed by members', async () => {
    const bob = await person();
    const inCapitals = `/orgs/${org.toUpperCase()}/resources/${resource.toUpperCase()}/comments`;
    const { status, body } = await bob.api.post(inCapitals, { body: 'Line 1\nLine 2 🐎' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      resource_id: resource,
      author: bob.id,
      body: 'Line 1\nLine 2 🐎',
      created_at: TIME,
    });
    expect((await alice.get(comments)).body).toEqual({ items: [body], next_cursor: null });
  });

  it('is listed in pages, oldest first', async () => {
    const ids = [await comment('1'), await comment('2'), await comment('3')];
    const first = await alice.get(`${comments}?limit=2`);
    const second = await alice.get(`${comments}?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(ids);
    expect(second.body.next_cursor).toBeNull();
    expect((await alice.get(`${comments}?cursor=nonsense`)).status).toBe(400);
    expect((await alice.get(`${comments}?limit=0`)).status).toBe(400);
  });

  it.each([
    {},
    { body: null },
    { body: 5 },
    { body: '' },
    { body: ' \n' },
    { body: 'a\0b' },
    { body: 'x'.repeat(4_001) },
  ])('is refused for an invalid body: %#', async (body) => {
    const answer = await alice.post(comments, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field: 'body' }]);
  });

  it('may be as long as the notification about it', async () => {
    const bob = await person();
    const id = await comment(`@${bob.id} ${'🐎'.repeat(4_000 - 2 - bob.id.length)}`);
    expect(await bob.mentions()).toEqual([id]);
  });

  it.each(['nonsense', '%00', UNKNOWN])('returns 404 for the resource %s', async (id) => {
    expect((await alice.post(`/orgs/${org}/resources/${id}/comments`, { body: 'a' })).status).toBe(404);
    expect((await alice.get(`/orgs/${org}/resources/${id}/comments`)).status).toBe(404);
  });

  it('is hidden from other organizations, strangers and former members', async () => {
    const other = (await alice.post('/orgs', { name: 'Acme' })).body.id;
    const elsewhere = `/orgs/${other}/resources/${resource}/comments`;
    expect((await alice.post(elsewhere, { body: 'a' })).status).toBe(404);
    expect((await alice.get(elsewhere)).status).toBe(404);
    const stranger = await person({ isMember: false });
    const former = await person();
    expect((await alice.delete(`/orgs/${org}/members/${former.id}`)).status).toBe(204);
    for (const { api } of [stranger, former]) {
      expect((await api.post(comments, { body: 'a' })).status).toBe(404);
      expect((await api.get(comments)).status).toBe(404);
    }
    expect((await alice.get(comments)).body.items).toEqual([]);
  });

  it('is deleted with its resource', async () => {
    await comment('a');
    expect((await alice.delete(`/orgs/${org}/resources/${resource}`)).status).toBe(204);
    expect((await alice.get(comments)).status).toBe(404);
  });
});

function typeOf(notification: unknown): unknown {
  return (notification as { type?: unknown } | undefined)?.type;
}

describe('a mention', () => {
  it('by id notifies a member, live and in the inbox', async () => {
    const bob = await person();
    const client = await node.join('/ws/notifications/', bob.id);
    const body = `What do you think, @${bob.id}?`;
    const id = await comment(body);
    // The notification of bob’s new membership may still arrive.
    await until(() => client.received.some(({ notification }) => typeOf(notification) === 'mention.received'));
    const notification = client.received.at(-1)?.notification;
    expect(notification).toEqual({
      id: expect.any(String),
      title: 'You were mentioned',
      body,
      type: 'mention.received',
      org_id: org,
      resource_id: resource,
      comment_id: id,
      from: 'alice',
      action_url: `/api/v1/orgs/${org}/resources/${resource}`,
      timestamp: TIME,
    });
    expect((await bob.api.get('/notifications?limit=1')).body.items).toEqual([
      { ...(notification as object), read_at: null },
    ]);
  });

  it('by e-mail notifies a member, in any letter case', async () => {
    const email = `${uuidv7()}@Example.com`;
    const bob = await person({ email });
    const id = await comment(`(@${email.toUpperCase()})`);
    expect(await bob.mentions()).toEqual([id]);
  });

  it('repeated in different forms notifies each person once', async () => {
    const email = `${uuidv7()}@example.com`;
    const bob = await person({ email });
    const carol = await person();
    const id = await comment(`@${bob.id}, @${email}! @${bob.id} @${carol.id},@${carol.id}`);
    expect([await bob.mentions(), await carol.mentions()]).toEqual([[id], [id]]);
  });

  it('of the author notifies nobody', async () => {
    await comment('@alice @alice@example.com');
    expect(await mentionsOf(alice)).toEqual([]);
  });

  it('of strangers, former members and members of other organizations notifies nobody', async () => {
    const email = `${uuidv7()}@example.com`;
    const stranger = await person({ email, isMember: false });
    const former = await person();
    await alice.delete(`/orgs/${org}/members/${former.id}`);
    const bob = await person();
    const id = await comment(`@${stranger.id} @${email} @${former.id} @${bob.id}`);
    expect(await bob.mentions()).toEqual([id]);
    expect([await stranger.mentions(), await former.mentions()]).toEqual([[], []]);
  });

  it('accepts ids of any form', async () => {
    const ids = [`auth0|${uuidv7()}`, `${uuidv7()}@example.com`, `John ${uuidv7()} Doe`, `${uuidv7()}.`, '__proto__'];
    for (const shape of ids) {
      const somebody = await person({ id: shape });
      const id = await comment(`Ask @${shape}, please`);
      expect([shape, await somebody.mentions()]).toEqual([shape, [id]]);
    }
  });

  it('prefers the id if a name is both an id and another user’s e-mail', async () => {
    const name = `${uuidv7()}@example.com`;
    const byId = await person({ id: name });
    const byEmail = await person({ email: name });
    const id = await comment(`@${name}`);
    expect([await byId.mentions(), await byEmail.mentions()]).toEqual([[id], []]);
  });

  it('does not notify a user who has muted mentions', async () => {
    const bob = await person();
    await bob.api.request('PUT', '/notifications/preferences', JSON.stringify({ muted: ['mention.received'] }));
    await comment(`@${bob.id}`);
    expect(await bob.mentions()).toEqual([]);
  });
});
