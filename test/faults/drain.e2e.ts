import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deployment } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** Long, so that what waits for its end is noticed. */
const GRACE_MS = 60_000;

let deployment: Deployment;

beforeEach(async () => void (deployment = await Deployment.start({ organizations: 4 })));
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
});

describe('a node that stops under 200 changes a second', () => {
  // @abuse OPS-02
  it('because it is killed costs its clients no event if they resume on another', async () => {
    const leaving = await deployment.startProcess();
    const watches = await deployment.watchAll([leaving]);
    const load = deployment.load();
    await until(() => load.least > 20);
    await leaving.end('SIGKILL');
    for (const { client } of watches) expect(await client.closed()).toMatchObject({ code: 1006 });
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
});

describe('a node that drains', () => {
  it('publishes what it has accepted, and exits once it has answered, despite keep-alive connections', async () => {
    const leaving = await deployment.nodes[0].another({ SHUTDOWN_GRACE_MS: String(GRACE_MS) });
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
    const since = performance.now();
    await leaving.stop();
    expect(performance.now() - since).toBeLessThan(GRACE_MS / 2);
    const accepted = (await Promise.all(answers)).filter(({ status }) => status === 202).map(({ n }) => n);
    expect(accepted.length).toBeGreaterThan(0);
    await until(() => accepted.every((n) => client.has(n)));
    expect(client.account(0).doubled).toEqual([]);
  });
});
