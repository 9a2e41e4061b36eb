import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Herald, herald } from './support/herald.js';
import { type PostgresServer, startPostgres } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';

interface Readiness {
  status: number;
  body: { status: string; dependencies: Record<string, string> };
}

/** The answer must arrive before the database connection times out after 5 s. */
const ANSWER_MS = 4_500;

describe('readiness, with a real Redis and a real Postgres', () => {
  let postgres: PostgresServer;
  let node: Herald;

  beforeAll(async () => {
    // Its own Postgres, because this test breaks it.
    postgres = await startPostgres();
    node = await herald({ DATABASE_URL: await postgres.createDatabase() });
  });

  afterAll(async () => {
    await node.stop();
    await postgres.stop();
  });

  async function ready(): Promise<Readiness> {
    const response = await fetch(`${node.url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: response.status, body: (await response.json()) as Readiness['body'] };
  }

  /** Resolves once readiness matches; on timeout, fails with the last answer. */
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
    await node.redis.kill();
    await becomes({
      status: 200,
      body: { status: 'degraded', dependencies: { database: 'up', keys: 'up', redis: 'down' } },
    });

    await node.redis.start();
    await becomes(ALL_UP);
  });

  it('is not ready while Postgres hangs, but still answers', async () => {
    await postgres.pause();
    try {
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
