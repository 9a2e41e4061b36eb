import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { OutboxRelay } from '../../src/realtime/outbox/outbox-relay.js';
import { Deployment } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const HOLD = `SELECT id FROM realtime_outbox WHERE published_at IS NULL FOR UPDATE`;
const HELD_UP = `
  SELECT count(*)::int AS count FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%walked%'`;

let deployment: Deployment;
/** The test's own session, which holds up a batch by locking its row. */
let session: QueryRunner;

beforeEach(async () => {
  deployment = await Deployment.start();
  session = deployment.nodes[1].app.get(DataSource).createQueryRunner();
});
afterEach(async () => {
  await session.release();
  await closeAllClients();
  await deployment.stop();
});

/** Resolves when both nodes report this status. */
async function are(status: 'ok' | 'degraded'): Promise<void> {
  await until(async () => {
    const reports = await Promise.all(
      deployment.nodes.map(async ({ url }) => (await fetch(`${url}/health/ready`)).text()),
    );
    return reports.every((report) => report.includes(`"status":"${status}"`));
  });
}

describe('a batch that begins before Redis loses its data, and publishes afterwards', () => {
  it('comes after the republished rows, even for clients that connect later', async () => {
    const { orgId, nodes, redis } = deployment;
    const witness = await deployment.watch(nodes[0]);
    for (let n = 0; n < 5; n += 1) await deployment.commit(orgId, n);
    await until(() => witness.has(4));
    const [early, late] = nodes.map((node) => node.app.get(OutboxRelay, { strict: false }));
    await Promise.all([early?.stop(), late?.stop()]);
    await deployment.commit(orgId, 5, nodes[0]);
    await session.startTransaction();
    await session.query(HOLD);
    early?.onApplicationBootstrap();
    await until(async () => (await nodes[1].app.get(DataSource).query(HELD_UP))[0].count === 1);
    await redis.kill();
    late?.onApplicationBootstrap();
    await are('degraded');
    await redis.start();
    await are('ok');
    const newcomer = await deployment.watch(nodes[1]);
    await session.rollbackTransaction();
    for (const client of [witness, newcomer]) {
      await until(() => client.has(5));
      expect(client.account(6)).toEqual(NOTHING_AMISS);
    }
  });
});
