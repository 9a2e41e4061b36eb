import { describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { UnavailableError } from '../../src/realtime/support/errors.js';
import { MembershipsService } from '../../src/organizations/memberships.service.js';
import { CLOSE } from '../../src/realtime/connection/close-code.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { useAbusedNode } from '../support/abused-node.js';
import { encodeFrame, OPCODE } from '../support/frames.js';
import { refused } from '../support/metrics.js';
import { herald } from '../support/herald.js';
import { RawClient } from '../support/raw-client.js';
import { flushOutbox } from '../../src/realtime/testing/flush-outbox.js';
import { until } from '../../src/realtime/testing/until.js';
import { connect } from '../support/ws-client.js';

const FOREIGN = '/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/';
/** Closes that are harder to cause, and the tests that cover their count. */
const COUNTED_ELSEWHERE = new Map([
  ['silent', 'dead-peers.e2e.ts'],
  ['too_slow', 'slow-peers.e2e.ts'],
  ['stream_lost', '../faults/subscriber-overrun.e2e.ts'],
  ['forbidden', 'guards.e2e.ts'],
]);

describe('the metrics of refusals and closes', () => {
  const abused = useAbusedNode({ WS_MAX_CONNECTIONS_PER_USER: '2', WS_RATE_LIMIT_BURST: '3', LOG_LEVEL: 'silent' });

  async function metrics(): Promise<string> {
    return (await fetch(`${abused.node.url}/metrics`)).text();
  }

  async function closesOf(close: string): Promise<number> {
    const line = (await metrics()).split('\n').find((each) => each.startsWith(`herald_closes_total{${close}} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  async function join(path: string, userId: string): Promise<Awaited<ReturnType<typeof connect>>> {
    return connect(`${abused.node.wsUrl}${path}`, { token: await abused.node.tokenFor(userId) });
  }

  const NOTIFICATIONS = '/ws/notifications/';

  const counted: [string, string, () => Promise<unknown>][] = [
    ['no token', 'code="4001",reason="token_missing"', () => connect(`${abused.node.wsUrl}${NOTIFICATIONS}`)],
    [
      'a bad token',
      'code="4001",reason="token_invalid"',
      () => connect(`${abused.node.wsUrl}${NOTIFICATIONS}?token=x`),
    ],
    [
      'an unknown ticket',
      'code="4001",reason="ticket_invalid"',
      () => connect(`${abused.node.wsUrl}${NOTIFICATIONS}?ticket=x`),
    ],
    ['a foreign organization', 'code="4003",reason="not_a_member"', () => join(FOREIGN, 'bob')],
    [
      'too many connections',
      'code="4029",reason="too_many_connections"',
      async () => {
        for (let n = 0; n < 3; n += 1) await join(NOTIFICATIONS, 'carol');
      },
    ],
    [
      'too many messages',
      'code="4029",reason="too_many_messages"',
      async () => {
        const client = await join(NOTIFICATIONS, 'dave');
        await client.next();
        for (let n = 0; n < 40; n += 1) client.send({ type: 'ping' });
      },
    ],
    [
      'an unreachable database',
      'code="1013",reason="unavailable"',
      () => {
        const memberships = abused.node.app.get(MembershipsService, { strict: false });
        jest.spyOn(memberships, 'find').mockRejectedValueOnce(new UnavailableError('postgres'));
        return join(FOREIGN, 'bob');
      },
    ],
    [
      'an expired token',
      'code="4001",reason="token_expired"',
      async () =>
        connect(`${abused.node.wsUrl}${NOTIFICATIONS}`, {
          token: await abused.node.tokenFor('erin', { expiresIn: 1 }),
        }),
    ],
    [
      'a disconnect by an administrator',
      'code="4001",reason="disconnected"',
      async () => {
        await (await join(NOTIFICATIONS, 'frank')).next();
        await abused.node.app.get(BroadcastService, { strict: false }).disconnectUser('frank');
      },
    ],
    [
      'a reserved bit',
      'code="1002",reason="protocol_error"',
      async () => (await abused.open()).sendFrame(OPCODE.text, '{}', { rsv: 1 }),
    ],
    [
      'text that is not UTF-8',
      'code="1007",reason="invalid_utf8"',
      async () => (await abused.open()).sendFrame(OPCODE.text, Buffer.of(0xc0, 0xaf)),
    ],
    [
      'a message with too many fragments',
      'code="1008",reason="too_many_fragments"',
      async () => {
        const fragment = (n: number): Buffer =>
          encodeFrame(n === 0 ? OPCODE.text : OPCODE.continuation, Buffer.alloc(0), { fin: false });
        (await abused.open()).send(...Array.from({ length: 10_000 }, (_, n) => fragment(n)));
      },
    ],
    [
      'a message that is too big',
      'code="1009",reason="message_too_big"',
      async () => (await abused.open()).sendFrame(OPCODE.text, 'x'.repeat(20_000)),
    ],
  ];

  // @abuse OPS-15
  it.each(counted)('count a close for %s', async (_, close, misbehave) => {
    const before = await closesOf(close);
    await misbehave();
    await until(async () => (await closesOf(close)) === before + 1);
  });

  // @abuse OPS-15
  it('count a close for a restart of the node', async () => {
    const node = await herald();
    const client = await connect(`${node.wsUrl}${NOTIFICATIONS}`, { token: await node.tokenFor('alice') });
    await client.next();
    const registry = node.app.get(Registry, { strict: false });
    await node.stop();
    expect(await registry.metrics()).toContain('herald_closes_total{code="1012",reason="restarting"} 1');
  });

  // @abuse OPS-15
  it('have a test for every close', () => {
    const seen = counted.map(([, close]) => /reason="(\w+)"/.exec(close)?.[1] ?? close);
    const known = new Set([...seen, ...COUNTED_ELSEWHERE.keys(), 'restarting']);
    expect(Object.values(CLOSE).filter(({ reason }) => !known.has(reason))).toEqual([]);
  });

  // @abuse OPS-15
  it('count a request with an invalid host', async () => {
    const before = await refused(abused.node, 'host');
    const client = await RawClient.open(Number(new URL(abused.node.url).port));
    client.sendUpgrade({ target: NOTIFICATIONS, headers: { Host: 'evil@x' } });
    await client.ended();
    expect(await refused(abused.node, 'host')).toBe(before + 1);
  });

  // @abuse OPS-16
  it('have the same series for any number of users and organizations, and name none of them', async () => {
    const live = async (userId: string): Promise<void> => {
      const api = await abused.node.api(userId);
      const { id } = (await api.post('/orgs', { name: 'Acme' })).body;
      await (await join(`/ws/events/${id}/`, userId)).next();
      await api.post(`/orgs/${id}/events`, { event_type: 'test.counted', data: {} });
    };
    const series = async (): Promise<string[]> =>
      (await metrics()).split('\n').flatMap((line) => /^([a-z]\S*) \S+$/.exec(line)?.[1] ?? []);
    await live('user-0');
    await flushOutbox(abused.node.app);
    // Queried gauges are missing if the database takes long.
    const parts = ['herald_outbox_depth', 'herald_outbox_oldest_seconds'];
    const all = async (): Promise<string[]> => {
      let names: string[] = [];
      await until(async () => {
        names = await series();
        return parts.every((part) => names.includes(part));
      });
      return names;
    };
    const before = await all();
    for (let n = 1; n <= 20; n += 1) await live(`user-${n}`);
    expect((await all()).filter((name) => name.startsWith('herald_')).toSorted()).toEqual(
      before.filter((name) => name.startsWith('herald_')).toSorted(),
    );
    expect(await metrics()).not.toMatch(/user-\d|[0-9a-f]{8}-[0-9a-f]{4}-/);
  });
});
