import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Herald, herald } from './support/herald.js';
import { type Jwks, startJwks, unsignedToken } from './support/keys.js';
import { openConnections } from './support/open-connections.js';
import { RawClient } from './support/raw-client.js';
import { type PostgresServer, startPostgres } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect } from './support/ws-client.js';

const ISSUER_CLAIMS = { aud: 'herald' };
const UNAVAILABLE = { code: 1013, reason: 'unavailable' };

let jwks: Jwks;
let postgres: PostgresServer;
let node: Herald;
let orgId: string;

beforeAll(async () => {
  [jwks, postgres] = await Promise.all([startJwks(), startPostgres()]);
  node = await herald({
    DATABASE_URL: await postgres.createDatabase(),
    KEYCLOAK_JWKS_URL: jwks.url,
    JWT_ISSUER: jwks.issuer,
    JWT_AUDIENCE: 'herald',
  });
  const api = await node.api('alice', { token: await jwks.sign('alice', { claims: ISSUER_CLAIMS }) });
  orgId = (await api.post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(closeAllClients);
afterAll(async () => {
  await node.stop();
  await Promise.all([jwks.stop(), postgres.stop()]);
});

async function closeWith(token: string, path = '/ws/notifications/'): Promise<unknown> {
  const client = await connect(`${node.wsUrl}${path}`, { token });
  const close = await client.closed();
  expect(client.received).toEqual([]);
  return close;
}

const now = () => Math.floor(Date.now() / 1_000);

describe('admission', () => {
  it.each<[string, Parameters<Jwks['sign']>[1], string]>([
    ['expired', { claims: { exp: now() - 6 } }, 'token_expired'],
    ['without an expiry', { claims: { exp: undefined } }, 'token_invalid'],
    ['not valid yet', { claims: { nbf: now() + 60 } }, 'token_invalid'],
    ['from another issuer', { claims: { iss: 'https://other.example' } }, 'token_invalid'],
    ['from the issuer with a trailing slash', { claims: { iss: 'http://127.0.0.1/' } }, 'token_invalid'],
    ['for another audience', { claims: { aud: 'account' } }, 'token_invalid'],
    ['without an audience', { claims: { aud: undefined } }, 'token_invalid'],
    ['without a user', { claims: { sub: undefined } }, 'token_invalid'],
    ['for an empty user', { claims: { sub: '' } }, 'token_invalid'],
    ['a refresh token', { claims: { typ: 'Refresh' } }, 'token_invalid'],
    ['an offline token', { claims: { typ: 'Offline' } }, 'token_invalid'],
    ['an ID token', { claims: { typ: 'ID' } }, 'token_invalid'],
    ['signed with an unknown key', { header: { kid: 'unknown' } }, 'token_invalid'],
  ])('closes with 4001 for a token that is %s', async (_, options, reason) => {
    const token = await jwks.sign('alice', { ...options, claims: { ...ISSUER_CLAIMS, ...options?.claims } });
    expect(await closeWith(token)).toEqual({ code: 4001, reason });
  });

  it('closes with 4001 for a token without a signature', async () => {
    const token = unsignedToken({ sub: 'alice', exp: now() + 300, iss: jwks.issuer, aud: 'herald' });
    expect(await closeWith(token)).toEqual({ code: 4001, reason: 'token_invalid' });
  });

  it('checks identity before membership: an invalid token for a foreign organization is 4001', async () => {
    expect(await closeWith('a.b.c', '/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/')).toMatchObject({ code: 4001 });
  });

  // @abuse UPG-26
  it('closes with 1013 while Postgres is down, keeps the process running, and admits again afterwards', async () => {
    const token = await jwks.sign('alice', { claims: ISSUER_CLAIMS });
    const path = `/ws/events/${orgId}/`;
    await postgres.kill();
    try {
      expect(await closeWith(token, path)).toEqual(UNAVAILABLE);
      const answer = await (await node.api('alice', { token })).get('/orgs');
      expect(answer.status).toBe(503);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect((await fetch(`${node.url}/health/ready`)).status).toBe(503);
    } finally {
      await postgres.start();
    }
    await until(async () => (await fetch(`${node.url}/health/ready`)).status === 200);
    const client = await connect(`${node.wsUrl}${path}`, { token });
    expect(await client.next()).toMatchObject({ org_id: orgId });
  });

  it('survives clients that reset their connection at any point of the admission, and keeps no state of them', async () => {
    const token = await jwks.sign('alice', { claims: ISSUER_CLAIMS });
    const port = Number(new URL(node.url).port);
    for (let round = 0; round < 60; round += 1) {
      const client = await RawClient.open(port);
      client.sendUpgrade({ target: `/ws/events/${orgId}/?token=${token}` });
      client.sendFrame(1, '{"type":"ping"}');
      if (round % 3 === 1) await client.answer();
      if (round % 3 === 2) await client.until('connection.established');
      client.reset();
    }
    await until(() => openConnections(node).length === 0);
    const client = await connect(`${node.wsUrl}/ws/events/${orgId}/`, { token });
    expect(await client.next()).toMatchObject({ type: 'connection.established' });
  });

  it('closes with 1013, not 4001, while the keys are unavailable, and still admits tokens with known keys', async () => {
    const known = await jwks.sign('alice', { claims: ISSUER_CLAIMS });
    await jwks.stop();
    try {
      const unknown = await jwks.sign('alice', { claims: ISSUER_CLAIMS, header: { kid: 'new' } });
      await until(async () => JSON.stringify(await closeWith(unknown)) === JSON.stringify(UNAVAILABLE), 20_000);
      expect(await (await connect(`${node.wsUrl}/ws/notifications/`, { token: known })).next()).toMatchObject({
        user_id: 'alice',
      });
    } finally {
      await jwks.start();
    }
  });
});
