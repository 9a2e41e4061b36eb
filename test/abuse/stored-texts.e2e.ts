import { beforeAll, describe, expect, it } from '@jest/globals';
import { useAbusedNode } from '../support/abused-node.js';
import type { ApiAnswer, ApiClient } from '../support/api-client.js';
import { flushOutbox } from '../../src/realtime/testing/flush-outbox.js';
import { connect, type TestClient } from '../support/ws-client.js';

const abused = useAbusedNode();
const NUL = 'a\0b';
const HALF = '\ud800';
/** Texts with a meaning to some interpreter. */
const TRICKS = [
  '<script>alert(1)</script>',
  "' OR 1=1--",
  '${7*7} {{7*7}} #{7*7}',
  '"; DROP TABLE resources;',
  '%00%s%n',
  '../../etc',
];

let api: ApiClient;
let orgId: string;
let resourceId: string;

beforeAll(async () => {
  api = await abused.node.api('mallory', { roles: ['realtime-admin'] });
  orgId = (await api.post('/orgs', { name: 'Acme' })).body.id;
  resourceId = (await api.post(`/orgs/${orgId}/resources`, { name: 'First' })).body.id;
});

/** Every place where client text is stored or broadcast. */
const PLACES: [string, (text: string) => Promise<ApiAnswer>][] = [
  ['the name of an organization', (text) => api.post('/orgs', { name: text })],
  ['a new name of an organization', (text) => api.patch(`/orgs/${orgId}`, { name: text })],
  ['the name of a resource', (text) => api.post(`/orgs/${orgId}/resources`, { name: text })],
  [
    'the description of a resource',
    (text) => api.patch(`/orgs/${orgId}/resources/${resourceId}`, { description: text }),
  ],
  ['a comment', (text) => api.post(`/orgs/${orgId}/resources/${resourceId}/comments`, { body: text })],
  ['a message', (text) => api.post(`/orgs/${orgId}/messages`, { to: 'mallory', body: text })],
  ['the id of a new member', (text) => api.post(`/orgs/${orgId}/members`, { user_id: text })],
  ['the recipient of a message', (text) => api.post(`/orgs/${orgId}/messages`, { to: text, body: 'x' })],
  ['the data of an event', (text) => api.post(`/orgs/${orgId}/events`, { event_type: 'test.text', data: { text } })],
  ['a key of an event', (text) => api.post(`/orgs/${orgId}/events`, { event_type: 'test.text', data: { [text]: 1 } })],
  ['the title of a notification', (text) => notify({ title: text })],
  ['the body of a notification', (text) => notify({ title: 'x', body: text })],
  ['a field of a notification', (text) => notify({ title: 'x', more: [{ text }] })],
  ['a key of a notification', (text) => notify({ title: 'x', [text]: 1 })],
  [
    'the recipient of a notification',
    (text) => api.post('/notifications', { user_id: text, notification: { title: 'x' } }),
  ],
  ['the key of a notification', (text) => notify({ title: 'x' }, text)],
  ['a muted type', (text) => api.request('PUT', '/notifications/preferences', JSON.stringify({ muted: [text] }))],
  ['an alert', (text) => api.post('/alerts', { message: text, severity: 'info', org_id: orgId })],
];

function notify(notification: object, dedupe_key?: string): Promise<ApiAnswer> {
  return api.post('/notifications', { user_id: 'mallory', notification, dedupe_key });
}

/** Hears only what comes after. */
async function listen(path: string): Promise<TestClient> {
  await flushOutbox(abused.node.app);
  return abused.node.join(path, 'mallory');
}

describe('Client text', () => {
  // @abuse MSG-29
  it.each(PLACES)('with a lone surrogate is refused as %s', async (_, store) => {
    for (const text of [HALF, `a${HALF}`, '\udc00b']) expect((await store(text)).status).toBe(400);
  });

  // @abuse MSG-30
  it.each(PLACES)('with a NUL is refused as %s', async (_, store) => {
    for (const text of [NUL, '\0']) expect((await store(text)).status).toBe(400);
  });

  // @abuse MSG-31
  it.each(PLACES)('with code in it is stored or refused, and never run, as %s', async (_, store) => {
    for (const text of TRICKS) expect((await store(text)).status).toBeLessThan(500);
    expect((await api.get(`/orgs/${orgId}/resources`)).status).toBe(200);
  });

  // @abuse MSG-31
  it('comes back unchanged, over HTTP and on the socket', async () => {
    const client = await listen(`/ws/events/${orgId}/`);
    for (const name of TRICKS) {
      const { status, body } = await api.post(`/orgs/${orgId}/resources`, { name, description: name });
      expect({ status, body }).toMatchObject({ status: 201, body: { name, description: name } });
      expect((await api.get(`/orgs/${orgId}/resources/${body.id}`)).body).toMatchObject({ name, description: name });
      expect(await client.next()).toMatchObject({ event_type: 'resource.created', data: { resource_name: name } });
    }
  });

  // @abuse MSG-29
  it('written as invalid UTF-8 becomes U+FFFD, and no client is closed with 1007', async () => {
    const client = await listen(`/ws/events/${orgId}/`);
    const body = Buffer.concat([
      Buffer.from('{"event_type":"test.text","data":{"text":"'),
      Buffer.of(0xed, 0xa0, 0x80, 0xff),
      Buffer.from('"}}'),
    ]);
    const token = await abused.node.tokenFor('mallory');
    const response = await fetch(`${abused.node.url}/api/v1/orgs/${orgId}/events`, {
      method: 'POST',
      body,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    });
    expect(response.status).toBe(202);
    expect(await client.next()).toMatchObject({ data: { text: expect.stringMatching(/^\ufffd+$/) } });
    await client.ping();
  });

  // @abuse MSG-23
  it.each(['1e400', '-1e400'])('with the number %s is refused, as it would become null', async (number) => {
    const send = (path: string, body: string): Promise<ApiAnswer> => api.request('POST', path, body);
    expect((await send(`/orgs/${orgId}/events`, `{"event_type":"test.n","data":{"n":${number}}}`)).status).toBe(400);
    expect(
      (await send('/notifications', `{"user_id":"mallory","notification":{"title":"x","n":${number}}}`)).status,
    ).toBe(400);
    expect((await send('/orgs', `{"name":${number}}`)).status).toBe(400);
  });
});

describe('A UUID', () => {
  const inForms = (id: string): [string, string][] => [
    ['in braces', `{${id}}`],
    ['as a URN', `urn:uuid:${id}`],
    ['without hyphens', id.replaceAll('-', '')],
    ['with a line break', `${id}%0A`],
    ['with a space', `%20${id}`],
    ['with a NUL', `${id}%00`],
    ['of zeros', '00000000-0000-0000-0000-000000000000'],
    ['of ones', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ];

  it.each(inForms('').map(([form], index) => [form, index] as const))(
    // @abuse MSG-28
    '%s does not name an organization',
    async (_, index) => {
      const [, id = ''] = inForms(orgId)[index] ?? [];
      expect((await api.get(`/orgs/${id}`)).status).toBe(404);
      const client = await connect(`${abused.node.wsUrl}/ws/events/${id}/`, {
        token: await abused.node.tokenFor('mallory'),
      });
      expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
    },
  );

  // @abuse MSG-28
  it('in capitals names the same organization', async () => {
    expect((await api.get(`/orgs/${orgId.toUpperCase()}`)).body.id).toBe(orgId);
    const client = await connect(`${abused.node.wsUrl}/ws/events/${orgId.toUpperCase()}/`, {
      token: await abused.node.tokenFor('mallory'),
    });
    expect(await client.next()).toMatchObject({ type: 'connection.established', org_id: orgId });
  });
});
