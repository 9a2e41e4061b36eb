import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MembershipsService } from '../../src/organizations/memberships.service.js';
import { createKey, type Jwks, startJwks, unsignedToken } from '../support/keys.js';
import { sample } from '../support/metrics.js';
import { type Herald, herald, type Variables } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const PATH = '/ws/notifications/';
const EVENTS_PATH = '/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/';
const [TEXT, PING, PONG] = [1, 9, 10];

let jwks: Jwks;
let node: Herald;

function useNode(variables: Variables = {}): void {
  beforeAll(async () => {
    jwks = await startJwks();
    node = await herald({ KEYCLOAK_JWKS_URL: jwks.url, ...variables });
    await until(() => node.isHealthy());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await closeAllClients();
    await until(() => openConnections(node).length === 0);
  });
  afterAll(async () => {
    await until(() => node.isHealthy());
    await node.stop();
    await jwks.stop();
  });
}

/** Makes the attempts, twenty at a time, and returns the close of each. */
async function closes(attempts: number, token: (n: number) => string, path = PATH): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let start = 0; start < attempts; start += 20) {
    const numbers = Array.from({ length: Math.min(20, attempts - start) }, (_, index) => start + index);
    const batch = numbers.map(async (n) => (await connect(`${node.wsUrl}${path}`, { token: token(n) })).closed());
    all.push(...(await Promise.all(batch)));
  }
  return all;
}

async function joinRaw(userId: string): Promise<RawClient> {
  const raw = await RawClient.open(Number(new URL(node.url).port));
  raw.sendUpgrade({ target: PATH, headers: { Authorization: `Bearer ${await jwks.sign(userId)}` } });
  await raw.until('connection.established');
  return raw;
}

const count = (bytes: Buffer, text: string): number => bytes.toString('latin1').split(text).length - 1;

describe('a flood of bad tokens', () => {
  useNode();

  it.each<[string, () => Promise<(n: number) => string>]>([
    [
      'a wrong signature',
      async () => {
        const forged = await jwks.sign('alice', { key: (await createKey('other')).privateKey });
        const body = forged.slice(0, forged.lastIndexOf('.'));
        return () => `${body}.${randomBytes(256).toString('base64url')}`;
      },
    ],
    ['no signature', () => Promise.resolve((n) => unsignedToken({ sub: `user-${n}`, exp: 4_000_000_000 }))],
    ['no structure', () => Promise.resolve((n) => `rubbish-${n}`)],
  ])(
    // @abuse LIM-04
    'with %s causes no query and no request for keys, and locks nobody out',
    async (_, make) => {
      const find = jest.spyOn(node.app.get(MembershipsService, { strict: false }), 'find');
      const fetches = jwks.fetches;
      const all = await closes(200, await make(), EVENTS_PATH);
      expect(new Set(all.map((close) => JSON.stringify(close)))).toEqual(
        new Set([JSON.stringify({ code: 4001, reason: 'token_invalid' })]),
      );
      expect([find.mock.calls.length, jwks.fetches - fetches]).toEqual([0, 0]);
      const client = await connect(`${node.wsUrl}${PATH}`, { token: await jwks.sign('alice') });
      expect(await client.next()).toMatchObject({ user_id: 'alice' });
    },
  );

  // @abuse LIM-04
  it('with forged key ids causes only a few requests for keys', async () => {
    const forged = await Promise.all(
      Array.from({ length: 200 }, (_, n) => jwks.sign('alice', { header: { kid: `forged-${n}` } })),
    );
    const fetches = jwks.fetches;
    for (const close of await closes(200, (n) => forged[n] ?? '')) {
      expect(close).toEqual({ code: 4001, reason: 'token_invalid' });
    }
    expect(jwks.fetches - fetches).toBeLessThan(10);
  });
});

describe('a client that keeps trying with bad credentials', () => {
  useNode();

  // @abuse LIM-15
  it('gets the same refusal each time, leaves nothing behind, and is admitted with good ones', async () => {
    const stranger = await jwks.sign('alice');
    const before = await sample(node, 'herald_closes_total{code="4003",reason="not_a_member"}');
    for (const close of await closes(100, () => stranger, EVENTS_PATH)) {
      expect(close).toEqual({ code: 4003, reason: 'not_a_member' });
    }
    for (const close of await closes(100, () => 'expired')) expect(close).toMatchObject({ code: 4001 });
    expect(await sample(node, 'herald_closes_total{code="4003",reason="not_a_member"}')).toBe(before + 100);
    expect(openConnections(node)).toEqual([]);
    const client = await connect(`${node.wsUrl}${PATH}`, { token: stranger });
    expect(await client.next()).toMatchObject({ type: 'connection.established' });
  });
});

describe('a flood of frames', () => {
  useNode({ WS_RATE_LIMIT_PER_SECOND: '1', WS_RATE_LIMIT_BURST: '5' });

  // @abuse LIM-11
  it('of the largest size ends after two bursts, so that the message limit also bounds bytes', async () => {
    const raw = await joinRaw('alice');
    const dropped = await sample(node, 'herald_frames_dropped_total');
    const empty = JSON.stringify({ type: 'ping', timestamp: '' });
    const largest = JSON.stringify({ type: 'ping', timestamp: 'x'.repeat(16_384 - empty.length) });
    for (let n = 0; n < 40; n += 1) raw.sendFrame(TEXT, largest);
    await raw.until('too_many_messages');
    expect(count(raw.bytes, '"type":"pong"')).toBeLessThanOrEqual(6);
    expect(count(raw.bytes, '"rate_limited"')).toBe(1);
    expect(await sample(node, 'herald_frames_dropped_total')).toBe(dropped + 5);
    raw.destroy();
  });

  it.each([
    ['pings', PING, 5],
    ['unsolicited pongs', PONG, 0],
  ])('of %s counts like messages, and ends with 4029', async (_, opcode, pongs) => {
    const raw = await joinRaw('alice');
    for (let n = 0; n < 40; n += 1) raw.sendFrame(opcode, 'x');
    await raw.until('too_many_messages');
    expect(count(raw.bytes, '\x8a\x01x')).toBe(pongs);
    raw.destroy();
  });

  it('of one kind uses up the limit of the others', async () => {
    const raw = await joinRaw('alice');
    for (const opcode of [PING, PONG, PING, PONG, PING, PONG, PONG, PONG, PONG]) raw.sendFrame(opcode, 'x');
    raw.sendFrame(TEXT, '{"type":"ping"}');
    await raw.until('too_many_messages');
    expect(count(raw.bytes, '"type":"pong"')).toBe(0);
    raw.destroy();
  });

  it('after the close is not answered', async () => {
    const raw = await joinRaw('alice');
    for (let n = 0; n < 2_000; n += 1) raw.sendFrame(TEXT, 'x');
    await raw.until('too_many_messages');
    const { length } = raw.bytes;
    for (let n = 0; n < 2_000; n += 1) raw.sendFrame(PING, 'x');
    await raw.ended();
    expect(raw.bytes.length).toBe(length);
  });
});

describe('the heartbeat', () => {
  useNode({ WS_HEARTBEAT_INTERVAL_MS: '500', WS_RATE_LIMIT_PER_SECOND: '1', WS_RATE_LIMIT_BURST: '2' });

  it('does not count against the rate limit: answers to the server’s pings are free', async () => {
    const client = await connect(`${node.wsUrl}${PATH}`, { token: await jwks.sign('alice') });
    await client.next();
    await client.pinged(5);
    client.send({ type: 'ping', timestamp: 1 });
    expect(await client.next()).toEqual({ type: 'pong', timestamp: 1 });
  });
});

describe('pending messages', () => {
  useNode();

  // @abuse LIM-12
  it('are limited to 16 for each connection, which is closed with 4029 beyond that', async () => {
    const client = await connect(`${node.wsUrl}${PATH}`, { token: await jwks.sign('alice') });
    const other = await connect(`${node.wsUrl}${PATH}`, { token: await jwks.sign('bob') });
    await Promise.all([client.next(), other.next()]);
    const token = await jwks.sign('alice', { header: { kid: 'not-known-yet' } });
    jwks.behaviour = 'hang';
    try {
      for (let n = 0; n < 16; n += 1) client.send({ type: 'auth', token });
      client.send({ type: 'ping', timestamp: 1 });
      expect(await client.next()).toEqual({ type: 'pong', timestamp: 1 });
      client.send({ type: 'auth', token });
      expect(await client.closed()).toEqual({ code: 4029, reason: 'too_many_messages' });
      await other.ping();
    } finally {
      jwks.behaviour = 'serve';
    }
  });
});
