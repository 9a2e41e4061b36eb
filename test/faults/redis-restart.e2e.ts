import { afterEach, describe, expect, it } from '@jest/globals';
import { Deployment, redisAt, type Watch } from '../support/deployment.js';
import type { Load } from '../support/load.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** Delivery recovers 5 s after Redis; the rest is for a busy machine. */
const RECOVERY_MS = 15_000;

let redis: RedisServer;
let deployment: Deployment;

async function start(args: string[]): Promise<void> {
  redis = await startRedis({ args });
  deployment = await Deployment.start({ nodes: [redisAt(redis), redisAt(redis)], organizations: 4 });
}

afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await redis.stop();
});

/** Kills and restarts Redis while changes are being committed, and waits until these are delivered. */
async function restartUnder(load: Load, watches: Watch[]): Promise<void> {
  await redis.kill();
  const down = load.least;
  await until(() => load.least > down + 40);
  await redis.start();
  const committed = new Map(deployment.orgIds.map((orgId) => [orgId, load.count(orgId)]));
  await until(() => watches.every(({ orgId, client }) => client.has(committed.get(orgId) ?? 0)), RECOVERY_MS);
}

async function expectNothingAmiss(load: Load, watches: Watch[]): Promise<void> {
  await load.stop();
  await until(() => watches.every(({ orgId, client }) => client.has(load.count(orgId) - 1)), RECOVERY_MS);
  for (const { orgId, client } of watches) {
    expect(client.account(load.count(orgId))).toEqual(NOTHING_AMISS);
    expect(client.isOpen).toBe(true);
  }
}

describe('a Redis that is killed and restarted under 200 changes a second', () => {
  it.each([
    ['with its data', ['--appendonly', 'yes', '--appendfsync', 'always']],
    ['without its data', []],
    // @abuse RED-07
  ])('%s ends no connection, and loses or repeats no event', async (_, args) => {
    await start(args);
    const watches = await deployment.watchAll();
    const load = deployment.load();
    await until(() => load.least > 50);
    await restartUnder(load, watches);
    await restartUnder(load, watches);
    await expectNothingAmiss(load, watches);
  });
});
