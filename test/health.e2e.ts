import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Herald } from './support/herald.js';
import { herald } from './support/herald.js';
import type { PostgresServer, RedisServer } from './support/servers.js';
import { startPostgres, startRedis } from './support/servers.js';
import { until } from './support/until.js';

interface Readiness {
  status: number;
  body: { status: string; dependencies: Record<string, string> };
}

describe('readiness, with a real Redis and a real Postgres', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let node: Herald;

  beforeAll(async () => {
    // A Postgres of its own, for this test breaks it.
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    node = await herald({
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      DATABASE_URL: await postgres.createDatabase(),
    });
  });

  afterAll(async () => {
    await node.stop();
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  async function ready(): Promise<Readiness> {
    const response = await fetch(`${node.url}/health/ready`, { signal: AbortSignal.timeout(2_500) });
    return { status: response.status, body: (await response.json()) as Readiness['body'] };
  }

  /** Resolves when the answer is the one that is expected; fails with the last one that was not. */
  async function becomes(expected: Readiness): Promise<void> {
    let answer: Readiness | undefined;
    const isExpected = async (): Promise<boolean> => {
      answer = await ready();
      return JSON.stringify(answer) === JSON.stringify(expected);
    };
    await until(isExpected, 15_000).catch((error: unknown) => {
      expect(answer).toEqual(expected);
      throw error;
    });
  }

  const ALL_UP = { status: 200, body: { status: 'ok', dependencies: { database: 'up', keys: 'up', redis: 'up' } } };

  it('names each dependency that is up', () => becomes(ALL_UP));

  it('is degraded while Redis is down, and recovers', async () => {
    await redis.kill();
    await becomes({
      status: 200,
      body: { status: 'degraded', dependencies: { database: 'up', keys: 'up', redis: 'down' } },
    });

    await redis.start();
    await becomes(ALL_UP);
  });

  it('is not ready while Postgres hangs, and answers all the same', async () => {
    await postgres.pause();
    try {
      // Each answer has to come within the 2.5 s of the request's own time limit.
      expect(await ready()).toMatchObject({ status: 503, body: { status: 'error', dependencies: { redis: 'up' } } });
    } finally {
      await postgres.resume();
    }
    await becomes(ALL_UP);
  });

  it('is not ready while Postgres is down, and recovers', async () => {
    await postgres.kill();
    expect(await ready()).toMatchObject({ status: 503, body: { dependencies: { database: 'down' } } });

    await postgres.start();
    await becomes(ALL_UP);
  });
});
