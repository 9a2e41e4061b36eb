import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../src/realtime/index.js';
import { type Herald, herald, type Variables } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { refused } from './support/metrics.js';
import { openConnections } from './support/open-connections.js';
import { RawClient } from './support/raw-client.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, type TestClient, upgrade } from './support/ws-client.js';

const PATH = '/ws/notifications/';

/** Provides the database and the Redis for the other nodes. */
let first: Herald;
let node: Herald;

beforeAll(async () => {
  first = await herald();
});
afterAll(() => first.stop());

function useNode(variables: Variables): void {
  beforeAll(async () => void (node = await first.another(variables)));
  afterAll(() => node.stop());
}

const join = (userId: string): Promise<TestClient> => node.join(PATH, userId);

async function joinRaw(): Promise<RawClient> {
  const raw = await RawClient.open(Number(new URL(node.url).port));
  raw.sendUpgrade({ target: `${PATH}?token=${await node.tokenFor('alice')}` });
  await raw.until('connection.established');
  return raw;
}

afterEach(closeAllClients);

describe('a connection', () => {
  useNode({});

  // @abuse SLOW-12
  it('answers ping with pong and echoes its timestamp', async () => {
    const client = await join('alice');
    client.send({ type: 'ping', timestamp: '2025-01-15T10:30:00Z' });
    expect(await client.next()).toEqual({ type: 'pong', timestamp: '2025-01-15T10:30:00Z' });
    client.send({ type: 'ping', timestamp: 17 });
    expect(await client.next()).toEqual({ type: 'pong', timestamp: 17 });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong', timestamp: null });
  });

  it('answers an invalid message with an error, and stays open', async () => {
    const client = await join('alice');
    client.sendRaw('not json');
    expect(await client.next()).toEqual({ type: 'error', message: 'Invalid JSON', code: 'invalid_json' });
    client.sendRaw(Buffer.from('{"type":"ping"}'), { binary: true });
    expect(await client.next()).toEqual({ type: 'error', message: 'Invalid JSON', code: 'invalid_json' });
    client.sendRaw('[]');
    expect(await client.next()).toMatchObject({ type: 'error', code: 'invalid_message' });
    client.send({ type: 'subscribe', channel: 'org:secret' });
    const unknown = await client.next();
    expect(unknown).toMatchObject({ type: 'error', code: 'unknown_type' });
    expect(JSON.stringify(unknown)).not.toContain('secret');
    client.send({ type: 'ping', timestamp: 1 });
    expect(await client.next()).toMatchObject({ type: 'pong' });
  });

  // @abuse UPG-27
  it('handles messages sent before admission, but only after the welcome', async () => {
    const raw = await RawClient.open(Number(new URL(node.url).port));
    raw.sendUpgrade({ target: `${PATH}?token=${await node.tokenFor('alice')}` });
    raw.sendFrame(1, '{"type":"ping","timestamp":"early"}');
    await raw.until('"timestamp":"early"');
    expect(raw.bytes.toString()).toMatch(/connection\.established[^]*"type":"pong"/);
    raw.destroy();
  });

  it.each<[string, number, (raw: RawClient) => void]>([
    ['a message over WS_MAX_PAYLOAD_BYTES', 1009, (raw) => raw.sendFrame(1, 'x'.repeat(16_385))],
    [
      'fragments that add up to more',
      1009,
      (raw) => {
        raw.sendFrame(1, 'x'.repeat(10_000), { fin: false });
        raw.sendFrame(0, 'x'.repeat(10_000));
      },
    ],
    ['invalid UTF-8', 1007, (raw) => raw.sendFrame(1, Uint8Array.of(0xc3, 0x28))],
    ['an unmasked frame', 1002, (raw) => raw.sendFrame(1, '{}', { masked: false })],
    ['a reserved opcode', 1002, (raw) => raw.sendFrame(0xb, '')],
  ])('is closed for %s with %d', async (_, code, misbehave) => {
    const raw = await joinRaw();
    misbehave(raw);
    await raw.ended();
    const closeFrame = raw.bytes.subarray(raw.bytes.lastIndexOf(0x88));
    expect(closeFrame.readUInt16BE(2)).toBe(code);
  });

  it('accepts a message of exactly WS_MAX_PAYLOAD_BYTES', async () => {
    const client = await join('alice');
    const padding = 'x'.repeat(16_384 - JSON.stringify({ type: 'ping', timestamp: '' }).length);
    client.send({ type: 'ping', timestamp: padding });
    expect(await client.next()).toEqual({ type: 'pong', timestamp: padding });
  });

  it('answers protocol pings with their payload, up to the burst limit at once', async () => {
    await (await join('alice')).ping();
    const raw = await joinRaw();
    for (let count = 1; count <= 40; count += 1) raw.sendFrame(9, `ping ${count}`);
    await raw.until(Buffer.from('\x8a\x07ping 40', 'latin1'));
    raw.destroy();
  });
});

describe('a connection over its rate limit', () => {
  useNode({ WS_RATE_LIMIT_PER_SECOND: '1', WS_RATE_LIMIT_BURST: '5' });

  it('is warned once, then closed with 4029 after a burst of dropped messages', async () => {
    const client = await join('alice');
    for (let count = 0; count < 10; count += 1) client.send({ type: 'ping', timestamp: count });
    expect(await client.closed()).toEqual({ code: 4029, reason: 'too_many_messages' });
    const pongs = client.received.filter(({ type }) => type === 'pong');
    const errors = client.received.filter(({ type }) => type === 'error');
    expect(pongs).toHaveLength(5);
    expect(errors).toEqual([{ type: 'error', code: 'rate_limited', message: expect.any(String) }]);
  });

  it('is also closed for a flood of protocol pings', async () => {
    const client = await join('alice');
    const pings = Array.from({ length: 10 }, () => client.ping());
    await Promise.allSettled(pings);
    expect(await client.closed()).toMatchObject({ code: 4029 });
  });
});

describe('the number of connections', () => {
  useNode({ WS_MAX_CONNECTIONS_PER_USER: '2', WS_MAX_CONNECTIONS_PER_IP: '4', WS_MAX_CONNECTIONS: '0' });

  it('of a user is limited with 4029, and closing one makes room', async () => {
    const first = await join('alice');
    await join('alice');
    const third = await node.connect(PATH, 'alice');
    expect(await third.closed()).toEqual({ code: 4029, reason: 'too_many_connections' });
    await first.close();
    await join('alice');
  });

  it('of an address is limited with 429', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((userId) => join(userId)));
    const { status, headers } = await upgrade(`${node.wsUrl}${PATH}`);
    expect(status).toBe(429);
    expect(headers['retry-after']).toBeDefined();
    await closeAllClients();
    await until(async () => (await upgrade(`${node.wsUrl}${PATH}`)).status === 101);
  });
});

describe('a full node', () => {
  useNode({ WS_MAX_CONNECTIONS: '1' });

  // @abuse UPG-33
  it('refuses with 503, and leaves its connections alone', async () => {
    const client = await join('alice');
    const { status, headers } = await upgrade(`${node.wsUrl}${PATH}`);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBeDefined();
    expect(await refused(node, 'full')).toBe(1);
    await client.ping();
  });
});

describe('the heartbeat', () => {
  useNode({ WS_HEARTBEAT_INTERVAL_MS: '300' });

  it('pings, and keeps a peer that answers', async () => {
    const client = await join('alice');
    await client.pinged(3);
    await client.ping();
  });

  it('drops a peer that is silent for two intervals', async () => {
    const client = await node.connect(PATH, 'bob', { autoPong: false });
    expect(await client.closed()).toMatchObject({ code: 1006 });
  });
});

describe('a slow peer', () => {
  useNode({ WS_MAX_BUFFERED_BYTES: '100000' });

  it('is disconnected when its backlog is too large, without affecting others', async () => {
    const slow = await join('alice');
    const other = await join('alice');
    slow.pause();
    const broadcast = node.app.get(BroadcastService, { strict: false });
    const notification = { title: 'Big', filling: 'x'.repeat(60_000) };
    let received = 0;
    await until(async () => {
      await broadcast.broadcastNotification('alice', notification, { ephemeral: true });
      await other.next();
      received += 1;
      return openConnections(node).length === 1;
    });
    expect(received).toBeGreaterThan(1);
    slow.resume();
    const { code } = await slow.closed();
    expect([1006, 4008]).toContain(code);
  });
});

describe('a node that shuts down', () => {
  it('closes its connections with 1012', async () => {
    const own = await first.another();
    const client = await own.join(PATH, 'alice');
    await own.stop();
    expect(await client.closed()).toEqual({ code: 1012, reason: 'restarting' });
  });

  it('closes many of them in batches, spread over half of the grace period', async () => {
    const own = await first.another({ SHUTDOWN_GRACE_MS: '4000', WS_MAX_CONNECTIONS_PER_USER: '0' });
    const token = await own.tokenFor('alice');
    const clients = await inTurns(250, 20, () => own.join(PATH, 'alice', { token }));
    const closedAt: number[] = [];
    const closed = clients.map(async (client) => {
      expect(await client.closed()).toMatchObject({ code: 1012 });
      closedAt.push(performance.now());
    });
    await Promise.all([own.stop(), ...closed]);
    // Three batches of up to a hundred, spaced by a tenth of that half.
    expect(Math.max(...closedAt) - Math.min(...closedAt)).toBeGreaterThan(150);
  });
});
