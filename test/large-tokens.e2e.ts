import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Herald, herald } from './support/herald.js';
import { type Jwks, startJwks } from './support/keys.js';
import { closeAllClients, connect, type ConnectOptions } from './support/ws-client.js';

/** The maximum token length. */
const LONGEST = 16_384;
const COOKIES = `session=${'c'.repeat(8_000)}`;

let jwks: Jwks;
let node: Herald;
let token: string;

beforeAll(async () => {
  jwks = await startJwks();
  node = await herald({ KEYCLOAK_JWKS_URL: jwks.url, RUN_JOBS: 'false' });
  token = await tokenOfLength(LONGEST);
});
afterEach(closeAllClients);
afterAll(async () => {
  await node.stop();
  await jwks.stop();
});

/** A token of this length, filled with a role; up to three characters shorter where base64url has no such length. */
async function tokenOfLength(length: number): Promise<string> {
  const withRoles = (count: number): Promise<string> =>
    jwks.sign('alice', { claims: { realm_access: { roles: [`team-${'r'.repeat(count)}`] } } });
  const { length: least } = await withRoles(0);
  const longest = await withRoles(Math.floor(((length - least) * 3) / 4));
  expect(longest.length).toBeGreaterThan(length - 4);
  expect(longest.length).toBeLessThanOrEqual(length);
  return longest;
}

describe('the longest token, next to 8 KB of cookies,', () => {
  it.each<[string, (token: string) => [string, ConnectOptions]]>([
    [
      'as a subprotocol',
      (token) => ['', { protocols: ['herald.v1', `access_token.${Buffer.from(token).toString('base64url')}`] }],
    ],
    ['in the Authorization header', (token) => ['', { token }]],
    ['in the address', (token) => [`?token=${token}`, {}]],
  ])('opens a connection %s', async (_, show) => {
    const [query, options] = show(token);
    const headers = { Cookie: COOKIES };
    const client = await connect(`${node.wsUrl}/ws/notifications/${query}`, { ...options, headers });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
  });

  it('obtains a ticket, which opens a connection', async () => {
    const headers = { Authorization: `Bearer ${token}`, Cookie: COOKIES };
    const bought = await fetch(`${node.url}/api/v1/realtime/tickets`, { method: 'POST', headers });
    const { ticket } = (await bought.json()) as { ticket: string };
    const client = await connect(`${node.wsUrl}/ws/notifications/?ticket=${ticket}`, { headers: { Cookie: COOKIES } });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
  });
});

describe('HTTP_MAX_HEADER_BYTES', () => {
  it('limits the size of request headers', async () => {
    const small = await node.another({ HTTP_MAX_HEADER_BYTES: '8192' });
    await expect(connect(`${small.wsUrl}/ws/notifications/`, { token })).rejects.toThrow('431');
    const large = await node.another({ HTTP_MAX_HEADER_BYTES: '65536' });
    const headers = { Cookie: 'c'.repeat(40_000) };
    const client = await connect(`${large.wsUrl}/ws/notifications/`, { token, headers });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
  });
});
