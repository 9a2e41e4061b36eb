import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Deployment, type Watch } from '../support/deployment.js';
import type { Load } from '../support/load.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const RECOVERY_MS = 20_000;
/** A write must not wait for Redis, whose commands time out after 2 s; this much is for a busy machine. */
const WRITE_MS = 1_900;
/** More than is published while Redis hangs. */
const HISTORY = { HISTORY_SIZE: '2000' };

let deployment: Deployment;
let watches: Watch[];
let load: Load;

beforeEach(async () => {
  deployment = await Deployment.start({ nodes: [HISTORY, HISTORY], organizations: 4 });
  watches = await deployment.watchAll();
  load = deployment.load();
  await until(() => load.least > 20);
});
afterEach(async () => {
  await load.stop();
  await closeAllClients();
  await deployment.stop();
});

/** Writes over REST on each node. */
async function expectWritesToSucceed(): Promise<void> {
  for (const node of deployment.nodes) {
    const start = performance.now();
    const { status } = await deployment.api(node).post(`/orgs/${deployment.orgId}/resources`, { name: 'Written' });
    expect(status).toBe(201);
    expect(performance.now() - start).toBeLessThan(WRITE_MS);
  }
}

async function expectNothingAmiss(): Promise<void> {
  await load.stop();
  for (const { orgId, client } of watches) {
    await until(() => client.has(load.count(orgId) - 1), RECOVERY_MS);
    expect(client.account(load.count(orgId))).toEqual(NOTHING_AMISS);
    expect(client.isOpen).toBe(true);
  }
  const told = watches.filter(({ orgId }) => orgId === deployment.orgId).map(({ client }) => client.frames);
  for (const frames of told) {
    expect(frames.filter(({ event_type: type }) => type === 'resource.created')).toHaveLength(2);
  }
}

describe('a Redis in trouble', () => {
  // @abuse RED-11
  it('that is out of memory delays events, but loses none, and does not affect writes or connections', async () => {
    const admin = new Redis(deployment.redis.url);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1');
    await expect(admin.set('any', 'thing')).rejects.toThrow('OOM');
    const full = load.least;
    await expectWritesToSucceed();
    const [returning] = watches.filter(({ orgId }) => orgId !== deployment.orgId);
    expect(await returning?.client.resume(deployment.nodes[1])).toBe(true);
    await deployment.nodes[0].join('/ws/notifications/', 'a-stranger-to-redis');
    await until(() => load.least > full + 100);
    expect(Math.max(...watches.map(({ client }) => client.numbers.length))).toBeLessThan(load.least);

    await admin.config('SET', 'maxmemory', '0');
    admin.disconnect();
    await expectNothingAmiss();
  });

  it('that hangs for 5 s delays events, but loses none, and does not affect writes or connections', async () => {
    await deployment.redis.pause();
    const end = performance.now() + 5_000;
    const paused = load.least;
    await expectWritesToSucceed();
    await until(() => performance.now() > end && load.least > paused + 100);
    await deployment.redis.resume();
    await expectNothingAmiss();
  });
});
