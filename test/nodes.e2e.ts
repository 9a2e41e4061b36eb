import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { HeraldProcess } from './support/herald-process.js';
import { type Herald, herald, type Variables } from './support/herald.js';
import { type OidcProvider, startOidcProvider } from './support/oidc.js';
import { postgresDatabase, type RedisServer, startRedis } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect, type Frame, type TestClient } from './support/ws-client.js';

let provider: OidcProvider;
let redis: RedisServer;
let variables: Variables;
let one: Herald;
let two: Herald;
let orgId: string;
let tokens: Record<'alice' | 'bob', string>;
let aliceOnOne: ApiClient;
let bobOnTwo: ApiClient;

beforeAll(async () => {
  [provider, redis] = await Promise.all([startOidcProvider(), startRedis()]);
  variables = {
    DATABASE_URL: await postgresDatabase(),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    KEYCLOAK_JWKS_URL: provider.jwksUrl,
    JWT_ISSUER: provider.issuer,
    JWT_AUDIENCE: provider.audience,
    RUN_JOBS: 'false',
  };
  // Started at the same time, as in a deployment: only one applies the migrations.
  [one, two] = await Promise.all([herald(variables), herald(variables)]);
  tokens = { alice: await provider.tokenFor('alice'), bob: await provider.tokenFor('bob') };
  aliceOnOne = await one.api('alice', { token: tokens.alice });
  bobOnTwo = await two.api('bob', { token: tokens.bob });
  orgId = ((await aliceOnOne.post('/orgs', { name: 'Acme' })).body as { id: string }).id;
  await aliceOnOne.post(`/orgs/${orgId}/members`, { user_id: 'bob', role: 'admin' });
});
afterEach(closeAllClients);
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await Promise.all([provider.stop(), redis.stop()]);
});

/** The next message, skipping late events about the members that `beforeAll` adds. */
async function next(client: TestClient, deadlineMs?: number): Promise<Frame> {
  const frame = await client.next(deadlineMs);
  return frame.event_type === 'member.joined' ? next(client, deadlineMs) : frame;
}

describe('two nodes over one Redis, one Postgres and an OpenID provider', () => {
  it('are ready, and name their dependencies', async () => {
    const response = await fetch(`${one.url}/health/ready`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'ok',
      dependencies: { database: 'up', redis: 'up', keys: 'up' },
    });
  });

  it('do not have the development issuer', async () => {
    expect((await fetch(`${one.url}/dev/token`, { method: 'POST' })).status).toBe(404);
  });

  it('deliver events published on either node to the clients of both, in the same order', async () => {
    const clients = [
      await one.join(`/ws/events/${orgId}/`, 'alice', { token: tokens.alice }),
      await two.join(`/ws/events/${orgId}/`, 'bob', { token: tokens.bob }),
    ];
    for (let n = 0; n < 10; n += 1) {
      const publisher = n % 2 === 0 ? aliceOnOne : bobOnTwo;
      expect((await publisher.post(`/orgs/${orgId}/events`, { event_type: 'test.numbered', data: { n } })).status).toBe(
        202,
      );
    }
    for (let n = 0; n < 10; n += 1) {
      const frames = await Promise.all(clients.map((client) => next(client)));
      expect(frames[0]).toMatchObject({ event_type: 'test.numbered', data: { n } });
      expect(frames[1]).toEqual(frames[0]);
    }
  });

  it('deliver a notification caused on one node to a client of the other', async () => {
    const bob = await two.join('/ws/notifications/', 'bob', { token: tokens.bob });
    const other = ((await aliceOnOne.post('/orgs', { name: 'Second' })).body as { id: string }).id;
    await aliceOnOne.post(`/orgs/${other}/members`, { user_id: 'bob' });
    expect(await bob.next()).toMatchObject({ notification: { title: 'Added to Organization', org_id: other } });
  });

  it('close a removed member’s connections on the other node', async () => {
    const other = ((await aliceOnOne.post('/orgs', { name: 'Third' })).body as { id: string }).id;
    await aliceOnOne.post(`/orgs/${other}/members`, { user_id: 'bob' });
    const bob = await two.join(`/ws/events/${other}/`, 'bob', { token: tokens.bob });
    await aliceOnOne.delete(`/orgs/${other}/members/bob`);
    expect(await bob.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
  });

  it('publish a committed change even if the process is killed before publishing it', async () => {
    const client = await two.join(`/ws/events/${orgId}/`, 'bob', { token: tokens.bob });
    const process = await (await HeraldProcess.spawn('main.js', variables)).ready();
    await redis.kill();
    try {
      const response = await fetch(`${process.url}/api/v1/orgs/${orgId}/resources`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${tokens.alice}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: 'Survivor' }),
      });
      expect(response.status).toBe(201);
    } finally {
      await process.end('SIGKILL');
      await redis.start();
    }
    expect(await next(client, 15_000)).toMatchObject({
      event_type: 'resource.created',
      data: { resource_name: 'Survivor' },
    });
    await aliceOnOne.post(`/orgs/${orgId}/events`, { event_type: 'test.marker', data: {} });
    expect(await next(client)).toMatchObject({ event_type: 'test.marker' });
  });

  // @abuse PG-14
  it('accept writes while Redis is down, keep their connections, and publish the writes afterwards', async () => {
    const client = await two.join(`/ws/events/${orgId}/`, 'bob', { token: tokens.bob });
    await redis.kill();
    try {
      await until(
        async () =>
          ((await (await fetch(`${one.url}/health/ready`)).json()) as { status: string }).status === 'degraded',
      );
      expect((await aliceOnOne.post(`/orgs/${orgId}/resources`, { name: 'Offline' })).status).toBe(201);
      expect((await aliceOnOne.post(`/orgs/${orgId}/events`, { event_type: 'test.later', data: {} })).status).toBe(202);
      const refused = await connect(`${one.wsUrl}/ws/events/${orgId}/`, { token: tokens.alice });
      expect(await refused.closed()).toEqual({ code: 1013, reason: 'unavailable' });
    } finally {
      await redis.start();
    }
    const told = [await next(client, 15_000), await next(client)];
    expect(told).toMatchObject([{ data: { resource_name: 'Offline' } }, { event_type: 'test.later' }]);
  });
});
