import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TicketStore } from '../src/realtime/gateway/ticket-store.js';
import { type Herald, twoHeralds } from './support/herald.js';
import { type Jwks, startJwks } from './support/keys.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

let jwks: Jwks;
let one: Herald;
let two: Herald;

beforeAll(async () => {
  jwks = await startJwks();
  [one, two] = await twoHeralds({ KEYCLOAK_JWKS_URL: jwks.url });
});
afterEach(closeAllClients);
afterAll(async () => {
  await one.stop();
  await jwks.stop();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

async function join(exp: number): Promise<TestClient> {
  return one.join('/ws/notifications/', 'alice', { token: await jwks.sign('alice', { claims: { exp } }) });
}

describe('a connection', () => {
  // @abuse AUTHZ-14
  it('closes with 4001 when its token expires, after 5 s of clock tolerance', async () => {
    const exp = inSeconds(0);
    const client = await join(exp);
    expect(await client.closed()).toEqual({ code: 4001, reason: 'token_expired' });
    expect(Date.now()).toBeGreaterThanOrEqual((exp + 5) * 1_000);
  });

  it('stays open until a renewed token expires', async () => {
    const client = await join(inSeconds(0));
    const exp = inSeconds(600);
    client.send({ type: 'auth', token: await jwks.sign('alice', { claims: { exp } }) });
    expect(await client.next()).toEqual({ type: 'auth.refreshed', expires_at: new Date(exp * 1_000).toISOString() });
    const other = await join(inSeconds(0));
    expect(await other.closed()).toEqual({ code: 4001, reason: 'token_expired' });
    await client.ping();
  });

  // @abuse AUTHZ-14
  it('closes earlier if the new token expires earlier', async () => {
    const client = await join(inSeconds(600));
    client.send({ type: 'auth', token: await jwks.sign('alice', { claims: { exp: inSeconds(0) } }) });
    expect(await client.next()).toMatchObject({ type: 'auth.refreshed' });
    expect(await client.closed()).toEqual({ code: 4001, reason: 'token_expired' });
  });

  it.each<[string, () => Promise<string>, string]>([
    ['for another user', () => jwks.sign('bob'), 'token_invalid'],
    ['that does not verify', () => Promise.resolve('a.b.c'), 'token_invalid'],
    ['that is empty', () => Promise.resolve(''), 'token_invalid'],
    ['that has expired', () => jwks.sign('alice', { claims: { exp: inSeconds(-10) } }), 'token_expired'],
    // @abuse AUTHZ-16
  ])('closes with 4001 for a token %s', async (_, token, reason) => {
    const client = await join(inSeconds(600));
    client.send({ type: 'auth', token: await token() });
    expect(await client.closed()).toEqual({ code: 4001, reason });
  });

  it('stays open after an auth message without a token, and receives an error', async () => {
    const client = await join(inSeconds(600));
    client.send({ type: 'auth' });
    expect(await client.next()).toMatchObject({ type: 'error', code: 'invalid_message' });
    await client.ping();
  });
});

describe('a ticket', () => {
  async function buy(userId = 'alice'): Promise<string> {
    const api = await one.api(userId, { token: await jwks.sign(userId) });
    const { status, body } = await api.post('/realtime/tickets');
    expect(status).toBe(201);
    expect(body).toEqual({ ticket: expect.stringMatching(/^[\w-]{43}$/), expires_in: 30 });
    return body.ticket;
  }

  // @abuse HS-25
  it('opens exactly one connection, on any node', async () => {
    const url = `${two.wsUrl}/ws/notifications/?ticket=${await buy()}`;
    expect(await (await connect(url)).next()).toMatchObject({ type: 'connection.established', user_id: 'alice' });
    expect(await (await connect(url)).closed()).toEqual({ code: 4001, reason: 'ticket_invalid' });
  });

  // @abuse HS-25
  it('opens only one of several concurrent connections', async () => {
    const ticket = await buy();
    const clients = await Promise.all(
      [one, two, one, two].map((node) => connect(`${node.wsUrl}/ws/notifications/?ticket=${ticket}`)),
    );
    const firsts = await Promise.allSettled(clients.map((client) => client.next()));
    expect(firsts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it.each(['', 'made-up', '%00'])('%p does not open a connection', async (ticket) => {
    const client = await connect(`${one.wsUrl}/ws/notifications/?ticket=${ticket}`);
    expect(await client.closed()).toEqual({ code: 4001, reason: 'ticket_invalid' });
  });

  // @abuse HS-26
  it('does not open a connection after it has expired', async () => {
    const ticket = await buy();
    const { Redis } = await import('ioredis');
    const raw = new Redis(one.redis.url);
    for (const key of await raw.keys('*ticket*')) await raw.pexpire(key, 1);
    await until(async () => (await raw.keys('*ticket*')).length === 0);
    raw.disconnect();
    const client = await connect(`${two.wsUrl}/ws/notifications/?ticket=${ticket}`);
    expect(await client.closed()).toEqual({ code: 4001, reason: 'ticket_invalid' });
  });

  // @abuse HS-26
  it('does not open a connection after the token it was issued for has expired', async () => {
    const principal = { userId: 'alice', email: null, name: null, roles: new Set<string>(), sessionId: null };
    const expiresAt = new Date(Date.now() - 5_000);
    await one.app.get(TicketStore, { strict: false }).put('outlived', { ...principal, expiresAt });
    const client = await connect(`${two.wsUrl}/ws/notifications/?ticket=outlived`);
    expect(await client.closed()).toEqual({ code: 4001, reason: 'token_expired' });
    expect(client.received).toEqual([]);
  });

  it('is stored in Redis as a hash only, for 30 seconds', async () => {
    const ticket = await buy();
    const { Redis } = await import('ioredis');
    const raw = new Redis(one.redis.url);
    const keys = await raw.keys('*ticket*');
    const ttls = await Promise.all(keys.map((key) => raw.ttl(key)));
    raw.disconnect();
    expect(keys.join()).not.toContain(ticket);
    expect(Math.max(...ttls)).toBeLessThanOrEqual(30);
    expect(Math.min(...ttls)).toBeGreaterThan(0);
  });

  it('is issued only for a token', async () => {
    const response = await fetch(`${one.url}/api/v1/realtime/tickets`, { method: 'POST' });
    expect(response.status).toBe(401);
  });
});
