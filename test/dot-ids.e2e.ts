import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../src/realtime/index.js';
import { ApiClient } from './support/api-client.js';
import { REFUSED, tryToken } from './support/door.js';
import { type Herald, herald } from './support/herald.js';
import { type Jwks, startJwks } from './support/keys.js';
import { RawClient } from './support/raw-client.js';

const DOTS = ['.', '..'];

let jwks: Jwks;
let node: Herald;
let alice: ApiClient;
let org: string;

beforeAll(async () => {
  jwks = await startJwks();
  node = await herald({ KEYCLOAK_JWKS_URL: jwks.url, JWT_ISSUER: jwks.issuer });
  const claims = { realm_access: { roles: ['realtime-admin'] } };
  alice = await node.api('alice', { token: await jwks.sign('alice', { claims }) });
  org = (await alice.post('/orgs', { name: 'Acme' })).body.id;
});

afterAll(async () => {
  await node.stop();
  await jwks.stop();
});

/** Sends the target verbatim, which HTTP clients with a URL parser do not, and returns the status. */
async function statusOf(method: string, target: string): Promise<number> {
  const { hostname, port } = new URL(node.url);
  const client = await RawClient.open(Number(port), hostname);
  const lines = [`Host: ${hostname}:${port}`, `Authorization: Bearer ${await jwks.sign('alice')}`, 'Connection: close'];
  client.send(`${[`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
  const { status } = await client.answer();
  client.destroy();
  return status;
}

describe.each(DOTS)('%s is not accepted as a user id', (id) => {
  it('in a token', async () => {
    expect(await tryToken(node, await jwks.sign(id))).toEqual(REFUSED);
  });

  it.each<[field: string, path: () => string, body: object]>([
    ['user_id', () => `/orgs/${org}/members`, { user_id: id }],
    ['user_id', () => '/notifications', { user_id: id, notification: { title: 'a' } }],
    ['to', () => `/orgs/${org}/messages`, { to: id, body: 'a' }],
  ])('in the field %s of a body: %#', async (field, path, body) => {
    const answer = await alice.post(path(), body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ field, message: expect.stringContaining('not "." or ".."') }]);
  });

  it('in a query', async () => {
    const answer = await alice.get(`/realtime/connections?user_id=${id}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field: 'user_id' }]);
  });

  it('in an unnormalized path', async () => {
    for (const segment of [id, id.replaceAll('.', '%2e')]) {
      expect(await statusOf('DELETE', `/api/v1/orgs/${org}/members/${segment}`)).toBe(404);
    }
    expect((await alice.get(`/orgs/${org}`)).status).toBe(200);
  });

  it('in code that broadcasts', async () => {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await expect(broadcast.broadcastNotification(id, { title: 'a' })).rejects.toThrow('user_id');
    await expect(broadcast.disconnectUser(id)).rejects.toThrow('user_id');
  });
});

it.each(['...', '.a', '..\u0301', '../..', '%2e%2e', '．．'])(
  '%s is accepted as a user id, with a URL of its own',
  async (id) => {
    expect((await alice.post(`/orgs/${org}/members`, { user_id: id })).status).toBe(201);
    expect((await alice.delete(`/orgs/${org}/members/${encodeURIComponent(id)}`)).status).toBe(204);
    expect((await alice.get(`/orgs/${org}`)).status).toBe(200);
  },
);

it('existing members with such an id are removed by the migration', async () => {
  const database = node.app.get(DataSource);
  for (const id of DOTS) {
    await database.query(`INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, 'member')`, [org, id]);
  }
  await database.query(`DELETE FROM migrations WHERE name LIKE 'NoDotMembers%'`);
  await node.another();
  const { items } = (await alice.get(`/orgs/${org}/members`)).body;
  expect(items).toMatchObject([{ user_id: 'alice' }]);
});

it('the development issuer signs no token for such an id', async () => {
  const development = await herald({}, { embedded: true });
  try {
    const anybody = new ApiClient(development.url, null, '');
    for (const id of DOTS) expect((await anybody.post('/dev/token', { user_id: id })).status).toBe(400);
  } finally {
    await development.stop();
  }
});
