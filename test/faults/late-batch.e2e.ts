import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { BATCHES_LOCK } from '../../src/realtime/outbox/outbox-batch.js';
import { OutboxRelay } from '../../src/realtime/outbox/outbox-relay.js';
import { Deployment } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const WAITING = `
  SELECT count(*)::int AS waiting FROM pg_locks
  WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

let deployment: Deployment;
/** The test's own session, which holds up batches. */
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
    // With this relay stopped, it is the first node's batch that waits.
    const relay = nodes[1].app.get(OutboxRelay, { strict: false });
    await relay.stop();
    await session.query(`SELECT pg_advisory_lock(${BATCHES_LOCK})`);
    await deployment.commit(orgId, 5, nodes[0]);
    await until(async () => (await session.manager.query<{ waiting: number }[]>(WAITING))[0]?.waiting !== 0);
    await redis.kill();
    relay.onApplicationBootstrap();
    await are('degraded');
    await redis.start();
    await are('ok');
    const newcomer = await deployment.watch(nodes[1]);
    await session.query(`SELECT pg_advisory_unlock(${BATCHES_LOCK})`);
    for (const client of [witness, newcomer]) {
      await until(() => client.has(5));
      expect(client.account(6)).toEqual(NOTHING_AMISS);
    }
  });
});
