import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisAt } from '../support/deployment.js';
import { HeraldProcess } from '../support/herald-process.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '../support/servers.js';
import { sample } from '../support/metrics.js';
import { until } from '../support/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const GRACE_MS = 3_000;

let jwks: Jwks;
let redis: RedisServer;
let postgres: PostgresServer;
let herald: HeraldProcess;

beforeAll(async () => {
  [jwks, redis, postgres] = await Promise.all([startJwks(), startRedis(), startPostgres()]);
  herald = await HeraldProcess.spawn('main.js', {
    ...redisAt(redis),
    DATABASE_URL: await postgres.createDatabase(),
    KEYCLOAK_JWKS_URL: jwks.url,
    SHUTDOWN_GRACE_MS: String(GRACE_MS),
  });
  await herald.ready();
});
afterAll(async () => {
  await closeAllClients();
  await postgres.resume();
  await Promise.all([jwks.stop(), redis.stop(), postgres.stop()]);
});

describe('a Postgres that hangs, with queries under way', () => {
  it('does not keep the process from draining, and ending well with its grace', async () => {
    const token = await jwks.sign('alice');
    const client = await connect(`${herald.wsUrl}/ws/notifications/`, { token });
    await client.next();
    const headers = { authorization: `Bearer ${token}` };
    const ask = (): Promise<unknown>[] =>
      Array.from({ length: 10 }, () => fetch(`${herald.url}/api/v1/orgs`, { headers }).catch(() => null));
    // Now the pool has connections: a new one would be given up after some seconds.
    await Promise.all(ask());
    await postgres.pause();
    const requests = ask();
    await until(async () => (await sample(herald, 'herald_gauge_known{gauge="herald_outbox_depth"}')) === 0);
    const since = performance.now();
    const exit = await herald.end('SIGTERM');
    expect(exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - since).toBeLessThan(GRACE_MS + 2_000);
    expect(await client.closed()).toMatchObject({ code: 1012 });
    await Promise.all(requests);
  });
});
