import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { HeraldProcess } from './support/herald-process.js';
import { postgresDatabase, type RedisServer, startRedis } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';

let redis: RedisServer;
let admin: Redis;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

/** Starts a server whose Redis user lacks only these rights. */
async function startWithout(...rights: string[]): Promise<HeraldProcess> {
  const user = `without-${rights.join('')}`.replace(/[^a-z-]/g, '');
  await admin.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', ...rights);
  const variables = {
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    REDIS_USERNAME: user,
    REDIS_PASSWORD: 'secret',
  };
  return HeraldProcess.spawn('main.js', { ...variables, DATABASE_URL: await postgresDatabase() });
}

/** The CPU seconds used by a process so far. */
async function cpuOf(herald: HeraldProcess): Promise<number> {
  const text = await (await fetch(`${herald.url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1]);
}

describe('a Redis user without the right to', () => {
  it.each([['-info'], ['-evalsha', '-eval']])(
    '%s does not make the process spin: it answers, and exits on SIGTERM',
    async (...rights) => {
      const herald = await startWithout(...rights);
      try {
        await until(async () => (await fetch(`${herald.url}/health/live`).catch(() => null))?.status === 200, 60_000);
        // A busy loop would use a whole core.
        const [before, start] = [await cpuOf(herald), performance.now()];
        await until(() => performance.now() - start > 3_000);
        const share = ((await cpuOf(herald)) - before) / ((performance.now() - start) / 1_000);
        expect(share).toBeLessThan(0.6);
        const asked = performance.now();
        expect(await herald.end('SIGTERM')).toEqual({ code: 0, signal: null });
        expect(performance.now() - asked).toBeLessThan(15_000);
      } finally {
        await herald.end('SIGKILL');
      }
    },
  );

  it('-info still runs jobs', async () => {
    const herald = await startWithout('-info');
    try {
      await herald.ready();
      const token = await herald.tokenFor('alice');
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const ask = async (method: string, path: string, body?: object): Promise<{ id: string; status: string }> => {
        const answer = await fetch(`${herald.url}/api/v1${path}`, {
          method,
          headers,
          body: body && JSON.stringify(body),
        });
        return (await answer.json()) as { id: string; status: string };
      };
      const { id: orgId } = await ask('POST', '/orgs', { name: 'Acme' });
      const { id } = await ask('POST', `/orgs/${orgId}/exports`, { format: 'csv' });
      await until(async () => (await ask('GET', `/orgs/${orgId}/exports/${id}`)).status === 'completed');
    } finally {
      await herald.end('SIGKILL');
    }
  });
});
