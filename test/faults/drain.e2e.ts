import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deployment, redisAt } from '../support/deployment.js';
import { HeraldProcess } from '../support/herald-process.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../support/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** The grace time, and what a busy machine needs on top. */
const GRACE_MS = 3_000;
const END_MS = 8_000;

let redis: RedisServer;
let deployment: Deployment;
let leaving: HeraldProcess;

beforeEach(async () => {
  redis = await startRedis();
  deployment = await Deployment.start({ nodes: [redisAt(redis), redisAt(redis)], organizations: 4 });
  const own = { SHUTDOWN_GRACE_MS: String(GRACE_MS) };
  leaving = await HeraldProcess.spawn('main.js', { ...deployment.variables, ...redisAt(redis), ...own });
  await leaving.ready();
});
afterEach(async () => {
  await closeAllClients();
  await leaving.end('SIGKILL');
  await deployment.stop();
  await redis.stop();
});

describe('a node that is told to end under 200 changes a second', () => {
  // @abuse OPS-02
  it('and is killed at once, costs its clients nothing when they resume on the other', async () => {
    const watches = await Promise.all(
      deployment.orgIds.map(async (orgId) => ({ orgId, client: await deployment.watch(leaving, orgId) })),
    );
    const load = deployment.load();
    await until(() => load.least > 20);
    await leaving.end('SIGKILL');
    for (const { client } of watches) expect(await client.closed(END_MS)).toMatchObject({ code: 1006 });
    const killed = load.least;
    await until(() => load.least > killed + 20);
    const resumed = await Promise.all(watches.map(({ client }) => client.resume(deployment.nodes[1])));
    expect(resumed).toEqual(watches.map(() => true));
    await load.stop();
    for (const { orgId, client } of watches) {
      await until(() => client.has(load.count(orgId) - 1));
      expect(client.account(load.count(orgId))).toEqual(NOTHING_AMISS);
    }
  });

  it('still tells what it has accepted', async () => {
    const client = await deployment.watch(deployment.nodes[0]);
    const api = deployment.api(leaving);
    const path = `/orgs/${deployment.orgId}/events`;
    const answers = Array.from({ length: 30 }, (_, n) =>
      api.post(path, { event_type: 'test.numbered', data: { n } }).then(
        ({ status }) => ({ n, status }),
        () => ({ n, status: 0 }),
      ),
    );
    await Promise.race(answers);
    expect(await leaving.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const accepted = (await Promise.all(answers)).filter(({ status }) => status === 202).map(({ n }) => n);
    expect(accepted.length).toBeGreaterThan(0);
    await until(() => accepted.every((n) => client.has(n)));
    expect(client.account(0).doubled).toEqual([]);
  });
});
