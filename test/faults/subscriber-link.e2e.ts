import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Deployment, redisAt, type Watch } from '../support/deployment.js';
import { HeraldProcess } from '../support/herald-process.js';
import type { Load } from '../support/load.js';
import type { Variables } from '../support/herald.js';
import { NOTHING_AMISS, type RecordingClient } from '../support/recording-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** What the proxy sees of the connection that a node receives by. */
const SUBSCRIBE = 'subscribe';
/** A dead link is noticed within 15 s; the rest is for a machine that has other tests to run. */
const NOTICED_MS = 18_000;

let redis: RedisServer;
let proxy: TcpProxy;
let deployment: Deployment;
let watches: Watch[];
let load: Load;

beforeEach(async () => {
  redis = await startRedis();
  proxy = await TcpProxy.start(redis);
  // History reaches back for as long as the link may be dead, at this rate.
  const history = { HISTORY_SIZE: '2000' };
  const nodes: [Variables, Variables] = [
    { ...redisAt(redis), ...history },
    { ...redisAt(proxy), ...history },
  ];
  deployment = await Deployment.start({ nodes, organizations: 4 });
  watches = await deployment.watchAll();
  load = deployment.load();
  await until(() => load.least > 20);
});
afterEach(async () => {
  await load.stop();
  await closeAllClients();
  await deployment.stop();
  await proxy.stop();
  await redis.stop();
});

async function expectNothingAmiss(further: Watch[] = []): Promise<void> {
  await load.stop();
  for (const { orgId, client } of [...watches, ...further]) {
    await until(() => client.has(load.count(orgId) - 1));
    expect(client.account(load.count(orgId), client.numbers[0] ?? 0)).toEqual(NOTHING_AMISS);
    expect(client.isOpen).toBe(true);
  }
}

/** Waits until all clients have what was committed up to now. */
async function untilCaughtUp(deadlineMs: number): Promise<void> {
  const counts = new Map(deployment.orgIds.map((orgId) => [orgId, load.count(orgId)]));
  await until(() => watches.every(({ orgId, client }) => client.has(counts.get(orgId) ?? 0)), deadlineMs);
}

describe('the link that a node receives by', () => {
  it.each(['to-client', 'to-server', 'both'] as const)(
    // @abuse RED-08
    'is found dead and replaced when nothing gets through it (%s)',
    async (direction) => {
      proxy.blackHole(direction, SUBSCRIBE);
      await untilCaughtUp(NOTICED_MS);
      await expectNothingAmiss();
    },
  );

  // @abuse RED-09
  it('is whole again after all that the node says to Redis has been in a black hole', async () => {
    const behind = watches.filter(({ client }) => client.node === deployment.nodes[1]).map(({ client }) => client);
    proxy.blackHole();
    await until(async () => !(await deployment.nodes[1].isHealthy()), NOTICED_MS);
    proxy.heal();
    await untilCaughtUp(NOTICED_MS);
    expect(behind.every((client: RecordingClient) => client.isOpen)).toBe(true);
    await expectNothingAmiss();
  });

  it('loses nothing when Redis drops it again and again', async () => {
    const admin = new Redis(redis.url);
    for (let time = 0; time < 5; time += 1) {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await untilCaughtUp(8_000);
    }
    admin.disconnect();
    await expectNothingAmiss();
  });

  it('loses nothing, and ends no process, when it is cut again while it subscribes anew', async () => {
    const process = await HeraldProcess.spawn('main.js', {
      ...deployment.variables,
      ...redisAt(proxy),
      HISTORY_SIZE: '2000',
    });
    try {
      await process.ready();
      const further = await Promise.all(
        deployment.orgIds.map(async (orgId) => ({ orgId, client: await deployment.watch(process, orgId) })),
      );
      watches.push(...further);
      const traps = Array.from({ length: 6 }, () => proxy.cutOn(SUBSCRIBE));
      proxy.cut();
      await Promise.all(traps);
      await untilCaughtUp(8_000);
      await expectNothingAmiss();
      expect((await fetch(`${process.url}/health/ready`)).status).toBe(200);
    } finally {
      await process.end('SIGKILL');
    }
    expect(process.output).not.toContain('Unhandled');
  });
});
