import { KeyObject } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import { accepted, REFUSED, tryToken } from '../support/door.js';
import { leavesNothing } from '../support/metrics.js';
import { forge } from '../support/forgery.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { type Herald, herald } from '../support/herald.js';
import { postgresDatabase } from '../support/servers.js';
import { closeAllClients, connect } from '../support/ws-client.js';

let jwks: Jwks;
let node: Herald;
let key: KeyObject;

beforeAll(async () => {
  jwks = await startJwks();
  key = KeyObject.from(jwks.key.privateKey);
  node = await herald({
    KEYCLOAK_JWKS_URL: jwks.url,
    WS_MAX_PAYLOAD_BYTES: '262144',
    DATABASE_URL: await postgresDatabase(),
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
  });
});
afterEach(closeAllClients);
afterAll(async () => {
  await leavesNothing(node);
  await node.stop();
  await jwks.stop();
});

/** A token with these fields, as JSON text, in its payload. */
function tokenWith(fields: string): string {
  const exp = Math.floor(Date.now() / 1_000) + 300;
  return forge({ json: { alg: 'RS256', kid: 'key-1' } }, { text: `{"exp":${exp},${fields}}` }, key);
}

/** The status of a route for administrators: 200 if the token's roles include theirs. */
async function administer(token: string): Promise<number> {
  const { status } = await (await node.api('', { token })).get('/realtime/connections');
  return status;
}

describe('sub', () => {
  it.each([
    'null',
    '""',
    '7',
    'true',
    '{}',
    '{"id":"alice"}',
    '[]',
    '["alice"]',
    '"a\\u0000b"',
    '"a\\nb"',
    '"a\\u001fb"',
    '"a\\u007fb"',
    '"a\\u0085b"',
    '"\\ud800"',
    '"a\\udfffb"',
    '"\\udc00\\ud800"',
    // @abuse JWT-41
  ])('that is %s is refused', async (sub) => {
    expect(await tryToken(node, tokenWith(`"sub":${sub}`))).toEqual(REFUSED);
  });

  // @abuse JWT-41
  it('that is missing is refused, even if other claims name the user', async () => {
    for (const fields of ['"x":1', '"preferred_username":"alice","email":"alice@example.com","sid":"s"']) {
      expect(await tryToken(node, tokenWith(fields))).toEqual(REFUSED);
    }
  });

  // @abuse JWT-41
  it('may have at most 255 code points', async () => {
    for (const character of ['x', 'é', '漢', '🦊']) {
      const longest = character.repeat(255);
      expect(await tryToken(node, tokenWith(`"sub":"${longest}"`))).toEqual(accepted(longest));
      expect(await tryToken(node, tokenWith(`"sub":"${longest}${character}"`))).toEqual(REFUSED);
    }
  });

  it.each([
    'undefined',
    'null',
    '__proto__',
    'constructor',
    '*',
    'a:b',
    'user:alice',
    '../x',
    ' ',
    'e\u0301',
    '\u200b',
    '0',
    // @abuse JWT-41
  ])('that is %j names exactly that user', async (sub) => {
    expect(await tryToken(node, tokenWith(`"sub":${JSON.stringify(sub)}`))).toEqual(accepted(sub));
  });

  // @abuse JWT-41
  it('that only looks alike names another user, with other notifications', async () => {
    const alike = ['\u00e9', 'e\u0301', '\u00c9', ' \u00e9', '\u00e9\u200b', '%C3%A9'];
    const clients = await Promise.all(
      alike.map((sub) =>
        connect(`${node.wsUrl}/ws/notifications/`, { token: tokenWith(`"sub":${JSON.stringify(sub)}`) }),
      ),
    );
    await Promise.all(clients.map((client) => client.next()));
    const broadcast = node.app.get(BroadcastService, { strict: false });
    for (const sub of alike) await broadcast.broadcastNotification(sub, { title: `For ${JSON.stringify(sub)}` });
    for (const [index, sub] of alike.entries()) {
      expect(await clients[index]?.next()).toMatchObject({ notification: { title: `For ${JSON.stringify(sub)}` } });
    }
    for (const client of clients) expect(client.received).toHaveLength(2);
  });

  // @abuse JWT-45
  it('of a service account names a user like others', async () => {
    const id = '4a1cbd2c-0f0f-4c8a-9a0a-0f4d3e8f7c55';
    const fields = `"sub":"${id}","preferred_username":"service-account-billing","client_id":"billing","azp":"billing"`;
    expect(await tryToken(node, tokenWith(fields))).toEqual(accepted(id));
  });

  // @abuse JWT-57
  it('of a user locked out at the provider is accepted until exp, as the provider is not asked about users', async () => {
    const token = tokenWith('"sub":"locked"');
    expect(await tryToken(node, token)).toEqual(accepted('locked'));
    const fetches = jwks.fetches;
    await jwks.stop();
    try {
      expect(await tryToken(node, token)).toEqual(accepted('locked'));
    } finally {
      await jwks.start();
    }
    expect(jwks.fetches).toBe(fetches);
  });

  // @abuse JWT-58
  it('of a user missing from the database is accepted, as the provider keeps the users', async () => {
    const token = tokenWith('"sub":"never seen"');
    expect(await tryToken(node, token)).toEqual(accepted('never seen'));
    expect(await (await node.api('', { token })).get('/orgs')).toMatchObject({ status: 200, body: { items: [] } });
  });
});

describe('roles', () => {
  const admin = '"sub":"root"';

  // @abuse JWT-53
  it('of the realm make a user an administrator', async () => {
    expect(await administer(tokenWith(`${admin},"realm_access":{"roles":["user","realtime-admin"]}`))).toBe(200);
    expect(await administer(tokenWith(admin))).toBe(403);
  });

  it.each([
    '"__proto__":{"realm_access":{"roles":["realtime-admin"]}}',
    '"__proto__":{"admin":true,"roles":["realtime-admin"]}',
    '"realm_access":{"__proto__":{"roles":["realtime-admin"]}}',
    '"realm_access":{"roles":{"__proto__":["realtime-admin"]}}',
    '"constructor":{"prototype":{"realm_access":{"roles":["realtime-admin"]}}}',
    // @abuse JWT-53
  ])('are not read through a prototype: %s', async (fields) => {
    const token = tokenWith(`${admin},${fields}`);
    expect(await tryToken(node, token)).toEqual(accepted('root'));
    expect(await administer(token)).toBe(403);
    expect(await administer(tokenWith(admin))).toBe(403);
  });

  it.each([
    '"realm_access":null',
    '"realm_access":[]',
    '"realm_access":["realtime-admin"]',
    '"realm_access":[{"roles":["realtime-admin"]}]',
    '"realm_access":"realtime-admin"',
    '"realm_access":7',
    '"realm_access":{}',
    '"realm_access":{"roles":null}',
    '"realm_access":{"roles":"realtime-admin"}',
    '"realm_access":{"roles":{"0":"realtime-admin","length":1}}',
    '"realm_access":{"roles":[["realtime-admin"]]}',
    '"realm_access":{"roles":[{"name":"realtime-admin"},null,1,true]}',
    '"realm_access":{"roles":["Realtime-Admin"," realtime-admin","realtime-admin\\u0000","realtime-admin,user"]}',
    '"roles":["realtime-admin"],"groups":["realtime-admin"],"scope":"realtime-admin"',
    '"resource_access":{"account":{"roles":["realtime-admin"]}}',
    // @abuse JWT-53
  ])('in an odd form give no rights, and the token is still accepted: %s', async (fields) => {
    const token = tokenWith(`${admin},${fields}`);
    expect(await tryToken(node, token)).toEqual(accepted('root'));
    expect(await administer(token)).toBe(403);
  });

  // @abuse JWT-53
  it('that are strings count, even beside other values', async () => {
    expect(await administer(tokenWith(`${admin},"realm_access":{"roles":[1,null,"realtime-admin",{}]}`))).toBe(200);
  });

  // @abuse JWT-54
  it('may be as many as fit in a token of 16,384 characters', async () => {
    const roles = JSON.stringify([...Array.from({ length: 1_500 }, (_, index) => `r${index}`), 'realtime-admin']);
    const token = tokenWith(`${admin},"realm_access":{"roles":${roles}}`);
    expect(await tryToken(node, token)).toEqual(accepted('root'));
    expect(await administer(token)).toBe(200);
  });

  // @abuse JWT-54
  it('make a token too long for headers and messages if there are 10,000', async () => {
    const roles = JSON.stringify(Array.from({ length: 10_000 }, (_, index) => `role-${index}`));
    const token = tokenWith(`${admin},"realm_access":{"roles":${roles}}`);
    expect(token.length).toBeGreaterThan(100_000);
    await expect(connect(`${node.wsUrl}/ws/notifications/?token=${token}`)).rejects.toThrow('431');
    expect(await administer(token)).toBe(431);
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { token: tokenWith(admin) });
    await client.next();
    client.send({ type: 'auth', token });
    expect(await client.closed()).toEqual({ code: 4001, reason: 'token_invalid' });
  });
});
