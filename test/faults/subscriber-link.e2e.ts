import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Deployment, redisAt, type Watch } from '../support/deployment.js';
import type { Herald } from '../support/herald.js';
import type { Load } from '../support/load.js';
import { sample } from '../support/metrics.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type Direction, TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** What the proxy sees of the connection that a node receives by. */
const SUBSCRIBE = 'subscribe';
/** A dead link is noticed within 15 s; the rest is for a machine that has other tests to run. */
const NOTICED_MS = 18_000;
/** History reaches back for as long as a link may be dead, at the rate of the load. */
const HISTORY = { HISTORY_SIZE: '2000' };

const DIRECTIONS: Direction[] = ['to-client', 'to-server', 'both'];

/** A node that reaches Redis through a proxy of its own. */
interface Behind {
  /** What its link is to suffer where each has another fault. */
  direction: Direction;
  proxy: TcpProxy;
  node: Herald;
}

let deployment: Deployment;
let behind: Behind[];
let watches: Watch[];
let load: Load;

beforeAll(async () => {
  deployment = await Deployment.start({ nodes: [HISTORY, HISTORY], organizations: 4 });
  behind = await Promise.all(DIRECTIONS.map(startBehind));
});
beforeEach(async () => {
  await until(async () => !(await health()).includes(false));
  watches = await deployment.watchAll([deployment.nodes[0], ...behind.map(({ node }) => node)]);
  load = deployment.load(100);
  await until(() => load.least > 20);
});
afterEach(async () => {
  await load.stop();
  for (const { proxy } of behind) proxy.heal();
  await closeAllClients();
});
afterAll(async () => {
  await deployment.stop();
  await Promise.all(behind.map(({ proxy }) => proxy.stop()));
});

async function startBehind(direction: Direction): Promise<Behind> {
  const proxy = await TcpProxy.start(deployment.redis);
  return { direction, proxy, node: await deployment.nodes[0].another(redisAt(proxy)) };
}

/** Whether each node has what it depends on. */
function health(): Promise<boolean[]> {
  return Promise.all(behind.map(({ node }) => node.isHealthy()));
}

/** How often the link of each node has been replaced. */
function reconnects(): Promise<number[]> {
  return Promise.all(behind.map(({ node }) => sample(node, 'herald_broker_reconnects_total')));
}

async function expectNothingAmiss(): Promise<void> {
  await load.stop();
  for (const { orgId, client } of watches) {
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
  // @abuse RED-08
  it('is found dead and replaced when nothing gets through it, to either side or both', async () => {
    const before = await reconnects();
    for (const { proxy, direction } of behind) proxy.blackHole(direction, SUBSCRIBE);
    await until(async () => (await reconnects()).every((count, index) => count > (before[index] ?? 0)), NOTICED_MS);
    await untilCaughtUp(NOTICED_MS);
    await expectNothingAmiss();
  });

  // @abuse RED-09
  it('is whole again after all that the node says to Redis has been in a black hole', async () => {
    for (const { proxy } of behind) proxy.blackHole();
    await until(async () => !(await health()).includes(true), NOTICED_MS);
    for (const { proxy } of behind) proxy.heal();
    await untilCaughtUp(NOTICED_MS);
    await expectNothingAmiss();
  });

  it('loses nothing when Redis drops it again and again', async () => {
    const admin = new Redis(deployment.redis.url);
    for (let time = 0; time < 5; time += 1) {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await untilCaughtUp(8_000);
    }
    admin.disconnect();
    await expectNothingAmiss();
  });

  it('loses nothing, and ends no process, when it is cut again while it subscribes anew', async () => {
    const traps = behind.flatMap(({ proxy }) => Array.from({ length: 6 }, () => proxy.cutOn(SUBSCRIBE)));
    for (const { proxy } of behind) proxy.cut();
    await Promise.all(traps);
    await untilCaughtUp(8_000);
    await expectNothingAmiss();
    expect(await health()).toEqual([true, true, true]);
  });
});
