import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BroadcastService } from '../src/realtime/index.js';
import { ApiClient } from './support/api-client.js';
import { type Jwks, startJwks } from './support/keys.js';
import { type Herald, herald } from './support/herald.js';
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from './support/servers.js';
import { until } from './support/until.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };
const DISCONNECTED = { code: 4001, reason: 'disconnected' };
/** A sixtieth of what runs in production. */
const INTERVAL_MS = 500;

let jwks: Jwks;
let redis: RedisServer;
let postgres: PostgresServer;
let nodes: [Herald, Herald];
let dataSource: DataSource;
let alice: ApiClient;

beforeAll(async () => {
  [jwks, redis, postgres] = await Promise.all([startJwks(), startRedis(), startPostgres()]);
  const variables = {
    DATABASE_URL: await postgres.createDatabase(),
    KEYCLOAK_JWKS_URL: jwks.url,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    RUN_JOBS: 'false',
  };
  const hurry = { timings: { recheckIntervalMs: INTERVAL_MS } };
  nodes = await Promise.all([herald(variables, hurry), herald(variables, hurry)]);
  dataSource = nodes[0].app.get(DataSource);
  alice = new ApiClient(nodes[0].url, await jwks.sign('alice'));
});
afterEach(closeAllClients);
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await Promise.all([jwks.stop(), redis.stop(), postgres.stop()]);
});

async function founded(...members: string[]): Promise<string> {
  const { body } = await alice.post('/orgs', { name: 'Acme' });
  for (const userId of members) await alice.post(`/orgs/${body.id}/members`, { user_id: userId });
  return body.id;
}

async function join(node: Herald, path: string, userId: string): Promise<TestClient> {
  const client = await connect(`${node.wsUrl}${path}`, { token: await jwks.sign(userId) });
  expect(await client.next()).toMatchObject({ type: 'connection.established' });
  return client;
}

/** How often connections were asked about on a node, with this result. */
async function rechecks(node: Herald, result: 'held' | 'lapsed' | 'failed'): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`herald_rechecks_total{result="${result}"}`));
  return Number(line?.split(' ')[1] ?? 0);
}

async function askedAgain(node: Herald, result: 'held' | 'failed', times: number): Promise<void> {
  const before = await rechecks(node, result);
  await until(async () => (await rechecks(node, result)) >= before + times);
}

describe('a membership that has ended without a message', () => {
  it('closes that user’s connections to the organization on every node, and no others', async () => {
    const [one, two] = nodes;
    const [orgId, otherOrgId] = [await founded('bob', 'carol'), await founded('bob')];
    const events = `/ws/events/${orgId}/`;
    const bobs = [await join(one, events, 'bob'), await join(two, events, 'bob'), await join(two, events, 'bob')];
    const others = [
      await join(one, events, 'alice'),
      await join(two, events, 'carol'),
      await join(two, `/ws/events/${otherOrgId}/`, 'bob'),
      await join(two, '/ws/notifications/', 'bob'),
    ];
    await dataSource.query(`DELETE FROM memberships WHERE org_id = $1 AND user_id = 'bob'`, [orgId]);
    expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => NOT_A_MEMBER));
    await askedAgain(two, 'held', 4);
    for (const client of others) await client.ping();
    expect(await rechecks(two, 'lapsed')).toBeGreaterThanOrEqual(2);
  });

  it('closes all connections to an organization that is gone', async () => {
    const [one, two] = nodes;
    const orgId = await founded('bob');
    const clients = [
      await join(one, `/ws/events/${orgId}/`, 'alice'),
      await join(two, `/ws/events/${orgId}/`, 'alice'),
      await join(two, `/ws/events/${orgId}/`, 'bob'),
    ];
    const notifications = await join(two, '/ws/notifications/', 'bob');
    await dataSource.query('DELETE FROM organizations WHERE id = $1', [orgId]);
    expect(await Promise.all(clients.map((client) => client.closed()))).toEqual(clients.map(() => NOT_A_MEMBER));
    await notifications.ping();
  });

  it('is only believed when the database says so: while it is down nobody is closed', async () => {
    const [one, two] = nodes;
    const orgId = await founded('bob');
    const bobs = [await join(one, `/ws/events/${orgId}/`, 'bob'), await join(two, `/ws/events/${orgId}/`, 'bob')];
    const alices = [await join(one, `/ws/events/${orgId}/`, 'alice'), await join(two, '/ws/notifications/', 'alice')];
    await postgres.kill();
    await Promise.all(nodes.map((node) => askedAgain(node, 'failed', 3)));
    for (const client of [...bobs, ...alices]) await client.ping();
    await postgres.start();
    await until(() => nodes[0].isHealthy());
    await dataSource.query(`DELETE FROM memberships WHERE org_id = $1 AND user_id = 'bob'`, [orgId]);
    expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => NOT_A_MEMBER));
    for (const client of alices) await client.ping();
  });
});

describe('a disconnection whose message was lost', () => {
  /** As the outbox has it when the broker has accepted it and lost it. */
  async function loseDisconnection(body: string): Promise<void> {
    await dataSource.query(
      `INSERT INTO realtime_outbox (id, channel, kind, body, published_at) VALUES ($1, 'node:all', 'disconnection', $2, now())`,
      [uuidv7(), body.slice(0, -1)],
    );
  }

  it('is made up for, on every node and both endpoints', async () => {
    const [one, two] = nodes;
    const orgId = await founded('bob');
    const bobs = [
      await join(one, '/ws/notifications/', 'bob'),
      await join(two, '/ws/notifications/', 'bob'),
      await join(two, `/ws/events/${orgId}/`, 'bob'),
    ];
    const alice = await join(two, `/ws/events/${orgId}/`, 'alice');
    await loseDisconnection('{"user_id":"bob"}');
    expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => DISCONNECTED));
    await alice.ping();
  });

  it('of one connection ends that one', async () => {
    const [gone, other] = [
      await join(nodes[1], '/ws/notifications/', 'bob'),
      await join(nodes[1], '/ws/notifications/', 'bob'),
    ];
    await loseDisconnection(JSON.stringify({ connection_id: gone.received[0]?.connection_id }));
    expect(await gone.closed()).toEqual(DISCONNECTED);
    await other.ping();
  });

  it.each(['made up for', 'heard'])('leaves who came back after it was %s', async (how) => {
    const [one, two] = nodes;
    const orgId = await founded('bob');
    const before = await join(one, '/ws/notifications/', 'bob');
    if (how === 'heard') await one.app.get(BroadcastService, { strict: false }).disconnectUser('bob');
    else await loseDisconnection('{"user_id":"bob"}');
    await before.closed();
    const after = [await join(one, `/ws/events/${orgId}/`, 'bob'), await join(two, `/ws/events/${orgId}/`, 'bob')];
    await Promise.all(nodes.map((node) => askedAgain(node, 'held', 4)));
    for (const client of after) await client.ping();
  });

  it('also holds while Redis is down', async () => {
    const [one, two] = nodes;
    const bobs = [await join(one, '/ws/notifications/', 'bob'), await join(two, '/ws/notifications/', 'bob')];
    const alice = await join(two, '/ws/notifications/', 'alice');
    await redis.kill();
    try {
      await one.app.get(BroadcastService, { strict: false }).disconnectUser('bob');
      expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => DISCONNECTED));
      await alice.ping();
    } finally {
      await redis.start();
      await until(() => one.isHealthy());
    }
  });
});
