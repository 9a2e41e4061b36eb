import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { type Herald, herald } from './support/herald.js';
import { until } from '../src/realtime/testing/until.js';
import type { ApiClient } from './support/api-client.js';

let node: Herald;
let dataSource: DataSource;
let alice: ApiClient;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false', HTTP_RATE_LIMIT_PER_MINUTE: '0', DATABASE_POOL_SIZE: '4' });
  dataSource = node.app.get(DataSource);
  alice = await node.api('alice');
});
afterAll(() => node.stop());

/** The connections of the pool that wait for a lock. */
async function waiting(): Promise<number> {
  const [{ count }] = await dataSource.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return Number(count);
}

describe('an organization whose row is held by another process', () => {
  async function whileHeld(orgId: string, run: () => Promise<void>): Promise<void> {
    const holder = dataSource.createQueryRunner();
    try {
      await holder.startTransaction();
      await holder.query('SELECT id FROM organizations WHERE id = $1 FOR UPDATE', [orgId]);
      await run();
    } finally {
      await holder.rollbackTransaction();
      await holder.release();
    }
  }

  it.each([
    ['resources', (n: number) => ({ name: `No. ${n}` })],
    ['members', (n: number) => ({ user_id: `user-${n}` })],
  ])('leaves connections for others while its %s wait, and answers 503 in time', async (path, bodyOf) => {
    const [busy, other] = [await node.organization('alice'), await node.organization('alice')];
    await whileHeld(busy, async () => {
      let isOver = false as boolean;
      const burst = Promise.all(
        Array.from({ length: 6 }, (_, n) => alice.post(`/orgs/${busy}/${path}`, bodyOf(n))),
      ).finally(() => (isOver = true));
      await until(async () => (await waiting()) > 0);
      expect((await alice.post(`/orgs/${other}/resources`, { name: 'Elsewhere' })).status).toBe(201);
      expect(isOver).toBe(false);
      for (const { status, headers, body } of await burst) {
        expect({ status, body }).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } });
        expect(headers.get('retry-after')).not.toBeNull();
      }
    });
    expect((await alice.post(`/orgs/${busy}/${path}`, bodyOf(100))).status).toBe(201);
  });
});
