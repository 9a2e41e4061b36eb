import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Deployment, redisAt, type Watch } from '../support/deployment.js';
import type { Herald } from '../support/herald.js';
import type { Load } from '../support/load.js';
import { sample } from '../support/metrics.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { type Direction, TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** Identifies the subscriber link to the proxy. */
const SUBSCRIBE = 'subscribe';
/** A dead link is detected within 15 s; the rest is for a busy machine. */
const NOTICED_MS = 18_000;
/** History covers the longest time that a link may be dead, at the rate of the load. */
const HISTORY = { HISTORY_SIZE: '2000' };

const DIRECTIONS: Direction[] = ['to-client', 'to-server', 'both'];

/** A node that reaches Redis through its own proxy. */
interface Behind {
  /** The direction that is cut off in the test with a different fault for each node. */
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

/** Whether each node is healthy. */
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

/** Waits until all clients have every change committed so far. */
async function untilCaughtUp(deadlineMs: number): Promise<void> {
  const counts = new Map(deployment.orgIds.map((orgId) => [orgId, load.count(orgId)]));
  await until(() => watches.every(({ orgId, client }) => client.has(counts.get(orgId) ?? 0)), deadlineMs);
}

describe('a node’s subscriber link', () => {
  // @abuse RED-08
  it('is detected as dead and replaced if nothing gets through, in one direction or both', async () => {
    const before = await reconnects();
    for (const { proxy, direction } of behind) proxy.blackHole(direction, SUBSCRIBE);
    await until(async () => (await reconnects()).every((count, index) => count > (before[index] ?? 0)), NOTICED_MS);
    await untilCaughtUp(NOTICED_MS);
    await expectNothingAmiss();
  });

  // @abuse RED-09
  it('recovers after all of the node’s traffic to Redis was cut off', async () => {
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
      await untilCaughtUp(NOTICED_MS);
    }
    admin.disconnect();
    await expectNothingAmiss();
  });

  it('loses nothing, and crashes no process, when it is cut again while it resubscribes', async () => {
    const traps = behind.flatMap(({ proxy }) => Array.from({ length: 6 }, () => proxy.cutOn(SUBSCRIBE)));
    for (const { proxy } of behind) proxy.cut();
    await Promise.all(traps);
    await untilCaughtUp(NOTICED_MS);
    await expectNothingAmiss();
    expect(await health()).toEqual([true, true, true]);
  });
});
