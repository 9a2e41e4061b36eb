import { describe, expect, it } from '@jest/globals';
import { useAbusedNode } from '../support/abused-node.js';
import { until } from '../support/until.js';
import { connect } from '../support/ws-client.js';

describe('the metrics of what is refused and dropped', () => {
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

  it.each<[string, string, () => Promise<unknown>]>([
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
    [
      'a foreign organization',
      'code="4003",reason="not_a_member"',
      () => join('/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/', 'bob'),
    ],
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
  ])('OPS-15: count who is closed for %s', async (_, close, misbehave) => {
    const before = await closesOf(close);
    await misbehave();
    await until(async () => (await closesOf(close)) === before + 1);
  });

  it('OPS-16: have as many series however many users and organizations there are, and name none', async () => {
    const live = async (userId: string): Promise<void> => {
      const api = await abused.node.api(userId);
      const { id } = (await api.post('/orgs', { name: 'Acme' })).body;
      await (await join(`/ws/events/${id}/`, userId)).next();
      await api.post(`/orgs/${id}/events`, { event_type: 'test.counted', data: {} });
    };
    const series = async (): Promise<string[]> =>
      (await metrics()).split('\n').flatMap((line) => /^([a-z]\S*) \S+$/.exec(line)?.[1] ?? []);
    await live('user-0');
    const before = await series();
    for (let n = 1; n <= 20; n += 1) await live(`user-${n}`);
    expect((await series()).filter((name) => name.startsWith('herald_')).toSorted()).toEqual(
      before.filter((name) => name.startsWith('herald_')).toSorted(),
    );
    expect(await metrics()).not.toMatch(/user-\d|[0-9a-f]{8}-[0-9a-f]{4}-/);
  });
});
