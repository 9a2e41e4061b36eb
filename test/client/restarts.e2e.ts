import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TIMINGS } from '../../src/config/environment.js';
import { Deployment, redisAt } from '../support/deployment.js';
import type { Variables } from '../support/herald.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllConnections, connected, expectNothingAmiss, impatient, watchEvents } from './watch.js';

let redis: RedisServer;
/** The nodes on which changes are made. */
let deployment: Deployment;

beforeAll(async () => {
  redis = await startRedis();
  deployment = await Deployment.start({ nodes: [settings(), settings()] });
});
afterEach(closeAllConnections);
afterAll(async () => {
  await deployment.stop();
  await redis.stop();
});

function settings(): Variables {
  // More events than happen while a server starts, even on a busy machine.
  return { ...redisAt(redis), HISTORY_SIZE: '10000' };
}

/** The server to which the clients connect. */
interface Server {
  url: string;
  end: () => Promise<unknown>;
}

async function startNode(PORT = '0'): Promise<Server> {
  const { drainNoticeMs } = TIMINGS;
  const variables = { ...settings(), PORT, SHUTDOWN_GRACE_MS: '500' };
  const node = await deployment.nodes[0].another(variables, { timings: { drainNoticeMs } });
  return { url: node.url, end: () => node.stop() };
}

async function startProcess(): Promise<Server> {
  const process = await deployment.startProcess(settings());
  return { url: process.url, end: () => process.end('SIGKILL') };
}

describe('clients of a server that', () => {
  it.each([
    ['is restarted', startNode, 1012],
    ['is killed and restarted', startProcess, 1006],
  ] as const)('%s reconnect by themselves, with nothing missed or repeated', async (_, start, code) => {
    const server = await start();
    const { url } = server;
    const options = { url, getToken: () => deployment.token };
    const watches = await Promise.all(impatient(() => [1, 2, 3].map(() => watchEvents(deployment.orgId, options))));
    const load = deployment.load(40);
    await until(() => load.least > 20);
    await server.end();
    const ended = load.least;
    await until(() => load.least > ended + 20);
    await startNode(new URL(url).port);
    await Promise.all(watches.map((watch) => connected(watch, 2)));
    for (const { states, connection } of watches) {
      expect(states.find(({ closed }) => closed)?.closed).toMatchObject({ code });
      expect(connection.state.reconnects).toBe(1);
    }
    await expectNothingAmiss(load, watches);
  });
});
