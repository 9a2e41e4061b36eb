import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { refused, sample } from '../support/metrics.js';
import { type Herald, herald, type Variables } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, type TestClient, upgrade } from '../support/ws-client.js';

const PATH = '/ws/notifications/';
const FOREIGN_PATH = '/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/';
const TOO_MANY = { code: 4029, reason: 'too_many_connections' };
const TOO_MANY_COUNT = 'herald_closes_total{code="4029",reason="too_many_connections"}';

let node: Herald;
const raws: RawClient[] = [];

function useNode(variables: Variables): void {
  beforeAll(async () => void (node = await herald(variables)));
  afterEach(async () => {
    for (const raw of raws.splice(0)) raw.destroy();
    await closeAllClients();
    await until(() => openConnections(node).length === 0);
  });
  afterAll(async () => {
    await until(() => node.isHealthy());
    await node.stop();
  });
}

const ask = (userId: string, path = PATH): Promise<TestClient> => node.connect(path, userId);
const join = (userId: string): Promise<TestClient> => node.join(PATH, userId);

/** A client that never answers a close frame. */
async function openRaw(headers: Record<string, string>): Promise<RawClient> {
  const raw = await RawClient.open(Number(new URL(node.url).port));
  raws.push(raw);
  raw.sendUpgrade({ target: PATH, headers });
  await raw.answer();
  return raw;
}

async function joinRaw(userId: string): Promise<RawClient> {
  const raw = await openRaw({ Authorization: `Bearer ${await node.tokenFor(userId)}` });
  await raw.until('connection.established');
  return raw;
}

const statusFrom = async (address: string): Promise<number> =>
  (await upgrade(`${node.wsUrl}${PATH}`, { headers: { 'X-Forwarded-For': address } })).status;

describe('connections of a user', () => {
  useNode({ WS_MAX_CONNECTIONS_PER_USER: '10' });

  // @abuse LIM-01
  it('beyond the limit of a node are closed with 4029, and counted', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => join('alice')));
    const before = await sample(node, TOO_MANY_COUNT);
    expect(await (await ask('alice')).closed()).toEqual(TOO_MANY);
    expect(await (await ask('alice', FOREIGN_PATH)).closed()).toEqual(TOO_MANY);
    expect(await sample(node, TOO_MANY_COUNT)).toBe(before + 2);
    await Promise.all(clients.map((client) => client.ping()));
    await (await join('bob')).ping();
  });

  // @abuse LIM-01
  it('that are attempted at once are admitted up to the limit', async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => ask('alice')));
    const firsts = await Promise.allSettled(clients.map((client) => client.next()));
    expect(firsts.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(openConnections(node)).toHaveLength(10);
  });
});

describe('connections of a user under the policy `oldest`', () => {
  useNode({ WS_MAX_CONNECTIONS_PER_USER: '2', WS_CONNECTION_LIMIT_POLICY: 'oldest' });

  // @abuse LIM-01
  it('beyond the limit close only the oldest, with 4029', async () => {
    const [first, second] = [await join('alice'), await join('alice')];
    const bob = await join('bob');
    const before = await sample(node, TOO_MANY_COUNT);
    const third = await join('alice');
    expect(await first.closed()).toEqual(TOO_MANY);
    expect(await sample(node, TOO_MANY_COUNT)).toBe(before + 1);
    await Promise.all([second, third, bob].map((client) => client.ping()));
    expect(openConnections(node)).toHaveLength(3);
  });

  // @abuse LIM-01
  it('cut off the oldest if it ignores the close, whether it reads or not', async () => {
    const [reading, stuck] = [await joinRaw('alice'), await joinRaw('alice')];
    stuck.pause();
    const clients = [await join('alice'), await join('alice')];
    await reading.until('too_many_connections');
    await reading.ended();
    await until(() => openConnections(node).length === 2);
    await Promise.all(clients.map((client) => client.ping()));
  });

  it('close none of the others if the new one is refused', async () => {
    const clients = [await join('alice'), await join('alice')];
    for (let n = 0; n < 5; n += 1)
      expect(await (await ask('alice', FOREIGN_PATH)).closed()).toMatchObject({ code: 4003 });
    await Promise.all(clients.map((client) => client.ping()));
  });

  // @abuse LIM-15
  it('exceed the limit only slightly in a flood where no client closes, and harm nobody else', async () => {
    const bob = await join('bob');
    const token = await node.tokenFor('alice');
    let most = 0;
    for (let n = 0; n < 30; n += 1) {
      const raw = await openRaw({ Authorization: `Bearer ${token}` });
      await raw.until('connection.established');
      most = Math.max(most, openConnections(node).length);
      await bob.ping();
    }
    // Bob's, two of Alice's, and two of hers that are being closed.
    expect(most).toBeLessThanOrEqual(5 + 1);
    await until(() => openConnections(node).length === 3);
    expect(bob.isOpen).toBe(true);
  });
});

describe('connections of an address', () => {
  useNode({ WS_MAX_CONNECTIONS_PER_IP: '50' });

  // @abuse LIM-02, LIM-15
  it('beyond the limit are refused with 429 and Retry-After, without a look at their token', async () => {
    // Closed with 4001, but still open: they don't answer the close.
    const closing = await Promise.all(Array.from({ length: 50 }, () => openRaw({})));
    await Promise.all(closing.map((raw) => raw.until('token_missing')));
    const answers = await Promise.all(Array.from({ length: 10 }, () => upgrade(`${node.wsUrl}${PATH}`)));
    for (const { status, headers } of answers) {
      expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
    }
    expect(await refused(node, 'address_limit')).toBe(10);
    await Promise.all(raws.map((raw) => raw.ended()));
    await (await join('alice')).ping();
  });
});

describe('an address', () => {
  useNode({ WS_MAX_CONNECTIONS_PER_IP: '1', TRUST_PROXY: '1' });

  it.each([
    ['::ffff:10.9.8.7', '10.9.8.7', '10.9.8.8'],
    ['10.9.8.7', '::ffff:a09:807', '::ffff:10.9.8.8'],
    ['2001:db8:1:2::1', '2001:0DB8:1:2:ffff::9', '2001:db8:1:3::1'],
    // @abuse LIM-08
  ])('%s is the same as %s, but not as %s', async (first, same, other) => {
    const token = await node.tokenFor('alice');
    const client = await connect(`${node.wsUrl}${PATH}`, { token, headers: { 'X-Forwarded-For': first } });
    await client.next();
    expect([await statusFrom(same), await statusFrom(other)]).toEqual([429, 101]);
  });

  it('comes from the trusted proxy, not from the client', async () => {
    const token = await node.tokenFor('alice');
    await connect(`${node.wsUrl}${PATH}`, { token, headers: { 'X-Forwarded-For': '10.1.1.1, 10.9.8.7' } });
    expect(await statusFrom('10.2.2.2, 10.9.8.7')).toBe(429);
  });
});
