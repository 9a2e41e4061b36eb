import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { MembershipsService } from '../../src/organizations/memberships.service.js';
import { OutboxTable } from '../../src/realtime/outbox/outbox-table.js';
import type { ApiClient } from '../support/api-client.js';
import { countConnections } from '../support/connection-count.js';
import { type Herald, herald } from '../support/herald.js';
import { inTurns } from '../support/in-turns.js';
import { sample } from '../support/metrics.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, type TestClient } from '../support/ws-client.js';

/** As in `data-source.ts`. */
const POOL_SIZE = 10;

let node: Herald;
let dataSource: DataSource;
let token: string;
let api: ApiClient;
let orgId: string;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false', WS_MAX_CONNECTIONS_PER_USER: '0' });
  dataSource = node.app.get(DataSource);
  token = await node.tokenFor('alice');
  api = await node.api('alice', { token });
  orgId = await node.organization('alice');
});
afterEach(async () => {
  jest.restoreAllMocks();
  await closeAllClients();
});
afterAll(async () => {
  await until(() => node.isHealthy());
  await until(async () => (await countConnections(node.url)) === 0);
  await node.stop();
});

const attempt = (): Promise<TestClient> => node.connect(`/ws/events/${orgId}/`, 'alice', { token });

const scrape = async (): Promise<string> => (await fetch(`${node.url}/metrics`)).text();

describe('an exhausted pool of database connections', () => {
  async function whileAllAreTaken(run: () => Promise<void>): Promise<void> {
    const holders = Array.from({ length: POOL_SIZE }, () => dataSource.createQueryRunner());
    try {
      await Promise.all(holders.map((holder) => holder.startTransaction()));
      await run();
    } finally {
      await Promise.all(holders.map((holder) => holder.rollbackTransaction().then(() => holder.release())));
    }
  }

  // @abuse PG-04
  it('closes new clients with 1013 within the deadline, and admits them once connections are free', async () => {
    await whileAllAreTaken(async () => {
      const clients = await Promise.all([attempt(), attempt(), attempt()]);
      const closes = clients.map((client) => client.closed());
      const { status } = await api.get('/orgs');
      expect(status).toBe(503);
      expect(await Promise.all(closes)).toEqual(clients.map(() => ({ code: 1013, reason: 'unavailable' })));
      expect(clients.flatMap(({ received }) => received)).toEqual([]);
    });
    expect((await api.get('/orgs')).status).toBe(200);
    expect(await (await attempt()).next()).toMatchObject({ type: 'connection.established' });
  });

  // @abuse PG-04
  it('does not delay a metrics scrape, which omits only the gauges from the database', async () => {
    await whileAllAreTaken(async () => {
      const waiting = api.get('/orgs').then(() => 'first answered who waits for a connection');
      const text = await Promise.race([scrape(), waiting]);
      expect(text).toMatch(/^herald_connections\{endpoint="events"\} 0$/m);
      expect(text).toMatch(/^herald_gauge_known\{gauge="herald_outbox_depth"\} 0$/m);
      expect(text).not.toMatch(/^herald_outbox_(depth|oldest)/m);
    });
    await until(async () => (await sample(node, 'herald_gauge_known{gauge="herald_outbox_depth"}')) === 1);
    expect(await scrape()).toMatch(/^herald_outbox_depth 0$/m);
  });
});

describe('a storm of reconnecting clients', () => {
  const [CLIENTS, AT_ONCE] = [500, 25];

  // @abuse OPS-05
  it('is admitted with one membership check each, within the database pool, while REST goes on', async () => {
    const find = jest.spyOn(node.app.get(MembershipsService, { strict: false }), 'find');
    let isOver = false as boolean;
    const startedAt = performance.now();
    const storm = inTurns(CLIENTS, AT_ONCE, async () => {
      expect(await (await attempt()).next(20_000)).toMatchObject({ type: 'connection.established' });
    }).finally(() => (isOver = true));
    let longestMs = 0;
    while (!isOver) {
      const start = performance.now();
      expect((await api.get('/orgs')).status).toBe(200);
      longestMs = Math.max(longestMs, performance.now() - start);
    }
    await storm;
    // REST must not wait for the storm to end. The limit is relative, as the machine's speed is unknown.
    expect(longestMs).toBeLessThan((performance.now() - startedAt) / 2);
    expect(find).toHaveBeenCalledTimes(CLIENTS);
    const [{ count }] = await dataSource.query(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'herald'`,
    );
    expect(count).toBeLessThanOrEqual(POOL_SIZE);
  }, 60_000);
});

describe('a large outbox', () => {
  const MESSAGES = 12_000;
  const TABLE = 'realtime_outbox';

  async function rows(where = 'true'): Promise<number> {
    return (await dataSource.query(`SELECT count(*)::int FROM ${TABLE} WHERE ${where}`))[0].count;
  }

  async function bytes(): Promise<number> {
    return Number((await dataSource.query(`SELECT pg_total_relation_size('${TABLE}') AS bytes`))[0].bytes);
  }

  /** Piles up rows of a hundred organizations while Redis is down, drains them when it is back, and deletes them. */
  async function growAndDrain(): Promise<void> {
    await node.redis.kill();
    await dataSource.query(
      `INSERT INTO ${TABLE} (id, channel, kind, body)
       SELECT gen_random_uuid(), 'org:' || $1 || lpad((n % 100)::text, 2, '0'), 'frame', '{"type":"event"' FROM generate_series(1, ${MESSAGES}) AS n`,
      [orgId.slice(0, -2)],
    );
    await node.redis.start();
    await until(async () => (await rows('published_at IS NULL')) === 0, 60_000);
    expect(await rows()).toBeGreaterThanOrEqual(MESSAGES);
    await dataSource.query(`UPDATE ${TABLE} SET published_at = published_at - interval '2 hours'`);
    await new OutboxTable(dataSource, { size: 256, ttlSeconds: 3_600 }).deletePublished();
    // The node may be deleting the rest.
    await until(async () => (await rows()) === 0);
  }

  // @abuse PG-19
  it('drains faster than it grew, is empty after its retention, and takes no more space the next time', async () => {
    await growAndDrain();
    const before = await bytes();
    // As autovacuum does once a minute; no transaction of Herald may keep it from the deleted rows.
    await dataSource.query(`VACUUM ${TABLE}`);
    await growAndDrain();
    // It would double if the space of deleted rows were not reused.
    expect(await bytes()).toBeLessThan(1.7 * before);
  }, 120_000);
});
