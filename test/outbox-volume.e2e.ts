import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Broker } from '../src/realtime/broker/broker.js';
import { userChannel } from '../src/realtime/broker/channel.js';
import { BroadcastService } from '../src/realtime/index.js';
import { OutboxRelay } from '../src/realtime/outbox/outbox-relay.js';
import { claim } from '../src/realtime/outbox/claim.js';
import { OutboxTable } from '../src/realtime/outbox/outbox-table.js';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, herald } from './support/herald.js';
import { RecordedQueries } from './support/recorded-queries.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

let node: Herald;
let dataSource: DataSource;
let relay: OutboxRelay;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false' });
  dataSource = node.app.get(DataSource);
  relay = node.app.get(OutboxRelay, { strict: false });
});
afterEach(async () => {
  relay.onApplicationBootstrap();
  await closeAllClients();
  await flushOutbox(node.app);
});
afterAll(() => node.stop());

const broadcast = (): BroadcastService => node.app.get(BroadcastService, { strict: false });

/** Writes messages as a job would that does so in one transaction. */
function pileUp(channel: string, count: number, published = 'NULL'): Promise<unknown> {
  return dataSource.query(
    `INSERT INTO realtime_outbox (id, channel, kind, body, published_at)
     SELECT gen_random_uuid(), $1, 'frame', '{"type":"test.piled","n":' || n || '}', ${published}
     FROM generate_series(1, $2::int) AS n`,
    [channel, count],
  );
}

async function waiting(channel: string): Promise<number> {
  const [row] = await dataSource.query<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM realtime_outbox WHERE published_at IS NULL AND channel = $1',
    [channel],
  );
  return row?.count ?? 0;
}

async function old(): Promise<number> {
  const [row] = await dataSource.query<{ count: number }[]>(
    `SELECT count(*)::int AS count FROM realtime_outbox WHERE published_at < now() - interval '1 hour'`,
  );
  return row?.count ?? 0;
}

const titles = (client: TestClient): unknown[] =>
  client.received.map(({ notification }) => (notification as { title?: string } | undefined)?.title);

describe('a channel with a long backlog', () => {
  const MESSAGES = 20_000;

  it('holds up neither another channel’s message nor a revocation', async () => {
    const alice = await node.join('/ws/notifications/', 'alice');
    const bob = await node.join('/ws/notifications/', 'bob');
    const channel = `org:${randomUUID()}`;
    await relay.stop();
    await pileUp(channel, MESSAGES);
    relay.onApplicationBootstrap();
    await broadcast().broadcastNotification('alice', { title: 'Overtakes' });
    await broadcast().disconnectUser('bob');
    await until(() => titles(alice).includes('Overtakes'));
    await bob.closed();
    expect(await waiting(channel)).toBeGreaterThan(0);
    await relay.stop();
    await dataSource.query('DELETE FROM realtime_outbox WHERE channel = $1', [channel]);
    relay.onApplicationBootstrap();
  });

  it('gives way to messages that another process has written', async () => {
    const channel = `org:${randomUUID()}`;
    await relay.stop();
    await pileUp(channel, 1_000);
    const others = Array.from({ length: 3 }, () => `user:${randomUUID()}`);
    for (const other of others) await pileUp(other, 1);
    const { rows } = await dataSource.transaction((manager) => claim({ first: [], after: '', resting: [] }, manager));
    expect(new Set(rows.map((row) => row.channel))).toEqual(new Set([channel, ...others]));
  });

  it('leaves channels that another process has locked to that process', async () => {
    await relay.stop();
    const [one, two] = [`user:${randomUUID()}`, `user:${randomUUID()}`];
    for (const channel of [one, two]) await pileUp(channel, 1);
    const request = { first: [one, two], after: null, resting: [] };
    await dataSource.transaction(async (holder) => {
      expect((await claim(request, holder)).rows).toHaveLength(2);
      await pileUp(two, 1);
      await dataSource.transaction(async (other) => {
        expect(await claim(request, other)).toMatchObject({ rows: [], isContended: true, taken: [one, two] });
      });
    });
  });
});

describe('more channels than one batch looks at', () => {
  it('are all published', async () => {
    await relay.stop();
    const prefix = `user:${randomUUID()}`;
    await dataSource.query(
      `INSERT INTO realtime_outbox (id, channel, kind, body)
       SELECT gen_random_uuid(), $1 || n, 'frame', '{"type":"test.piled"}' FROM generate_series(1, 700) AS n`,
      [prefix],
    );
    relay.onApplicationBootstrap();
    await flushOutbox(node.app);
  });

  it('are looked at one after the other', async () => {
    await relay.stop();
    const prefix = randomUUID();
    const count = 130;
    await dataSource.query(
      `INSERT INTO realtime_outbox (id, channel, kind, body)
       SELECT gen_random_uuid(), 'user:' || $1 || lpad(n::text, 4, '0'), 'frame', '{"type":"test.piled"}'
       FROM generate_series(1, $2::int) AS n`,
      [prefix, count],
    );
    const seen = new Set<string>();
    let after = '';
    do {
      const from = after;
      const claimed = await dataSource.transaction((manager) =>
        claim({ first: [], after: from, resting: [] }, manager),
      );
      for (const { channel } of claimed.rows) seen.add(channel);
      after = claimed.after;
    } while (after !== '');
    expect(seen.size).toBe(count);
  });
});

describe('an isolated commit', () => {
  it('costs the relay four round trips to the database', async () => {
    await flushOutbox(node.app);
    await relay.stop();
    await dataSource.transaction((manager) =>
      broadcast().broadcastNotification('carol', { title: 'Alone' }, { manager, ephemeral: true }),
    );
    const queries = new RecordedQueries(dataSource);
    try {
      relay.onApplicationBootstrap();
      await until(() => queries.all.includes('COMMIT'));
      await relay.stop();
    } finally {
      queries.stop();
    }
    expect(queries.all.map((query) => query.split(/\s/)[0])).toEqual(['START', 'WITH', 'UPDATE', 'COMMIT']);
  });
});

describe('a Redis that has lost its data', () => {
  const [CHANNELS, EACH] = [2_000, 10];

  it('gets back, in steps, what its history would have, while new messages come after older ones', async () => {
    const one = await herald({ RUN_JOBS: 'false', HISTORY_SIZE: String(EACH) });
    try {
      const database = one.app.get(DataSource);
      const service = one.app.get(BroadcastService, { strict: false });
      // Three times what history keeps.
      const old = Array.from({ length: 3 * EACH }, (_, n) => `Number ${n}`);
      for (const title of old) await service.broadcastNotification('zoe', { title });
      await flushOutbox(one.app);
      await database.query(
        `INSERT INTO realtime_outbox (id, channel, kind, body, published_at)
         SELECT gen_random_uuid(), 'user:a' || n % ${CHANNELS}, 'frame', '{"type":"test.piled"}', now()
         FROM generate_series(1, ${CHANNELS * EACH}) AS n`,
      );
      await one.redis.kill();
      await one.redis.start();
      await until(() => one.isHealthy());
      const zoe = await one.join('/ws/notifications/', 'zoe');
      await service.broadcastNotification('zoe', { title: 'New' });
      await until(() => titles(zoe).includes('New'));
      const heard = titles(zoe).filter((title) => title !== undefined);
      // Depending on when she connected, she has heard some of the older ones.
      expect([...old, 'New'].slice(-heard.length)).toEqual(heard);

      await until(
        async () => (await database.query('SELECT reopened_to FROM realtime_broker'))[0].reopened_to === null,
      );
      await flushOutbox(one.app);
      const [{ count }] = await database.query(
        `SELECT count(*)::int AS count FROM realtime_outbox WHERE cursor IS NOT NULL AND channel LIKE 'user:a%'`,
      );
      expect(count).toBe(CHANNELS * EACH);
      // Of her messages, no more are published again than history keeps.
      const { position, publications } = await one.app.get(Broker, { strict: false }).history(userChannel.of('zoe'), 0);
      expect(position.offset).toBeLessThanOrEqual(EACH + 1);
      const kept = publications.map(({ payload }) => JSON.parse(payload.toString()).notification.title as string);
      expect([...old, 'New'].slice(-kept.length)).toEqual(kept);
    } finally {
      await one.stop();
    }
  }, 60_000);
});

describe('old rows', () => {
  it('are deleted in batches, however many there are', async () => {
    await pileUp(`user:${randomUUID()}`, 2_500, `now() - interval '2 hours'`);
    await pileUp('user:young', 1, 'now()');
    const table = new OutboxTable(dataSource, { size: 256, ttlSeconds: 3_600 });
    await table.deletePublished();
    // The node may be deleting some of them, too.
    await until(async () => (await old()) === 0);
    const [{ count }] = await dataSource.query(
      `SELECT count(*)::int AS count FROM realtime_outbox WHERE channel = 'user:young'`,
    );
    expect(count).toBe(1);
  });
});
