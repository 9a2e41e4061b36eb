import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Deployment, redisAt } from '../support/deployment.js';
import { HeraldProcess } from '../support/herald-process.js';
import type { Variables } from '../support/herald.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../support/until.js';
import { closeAllConnections, connected, expectNothingAmiss, impatient, watchEvents } from './watch.js';

let redis: RedisServer;
/** Where changes are made. */
let deployment: Deployment;
/** Where the clients are connected. */
let server: HeraldProcess;

beforeAll(async () => {
  redis = await startRedis();
  deployment = await Deployment.start({ nodes: [settings(), settings()] });
  server = await startServer();
});
afterEach(closeAllConnections);
afterAll(async () => {
  await server.end('SIGKILL');
  await deployment.stop();
  await redis.stop();
});

function settings(): Variables {
  // More than happens while a server starts, even on a busy machine.
  return { ...redisAt(redis), HISTORY_SIZE: '10000' };
}

async function startServer(further: Variables = {}): Promise<HeraldProcess> {
  const variables = { ...deployment.variables, ...settings(), SHUTDOWN_GRACE_MS: '500', ...further };
  return (await HeraldProcess.spawn('main.js', variables)).ready();
}

describe('clients of a server that', () => {
  it.each([
    ['is restarted', 'SIGTERM', 1012],
    ['is killed and started again', 'SIGKILL', 1006],
  ] as const)('%s come back by themselves, and miss and double nothing', async (_, signal, code) => {
    const options = { url: server.url, getToken: () => deployment.token };
    const watches = await Promise.all(impatient(() => [1, 2, 3].map(() => watchEvents(deployment.orgId, options))));
    const load = deployment.load(40);
    await until(() => load.least > 20);
    await server.end(signal);
    const ended = load.least;
    await until(() => load.least > ended + 20);
    server = await startServer({ PORT: new URL(server.url).port });
    await Promise.all(watches.map((watch) => connected(watch, 2)));
    for (const { states, connection } of watches) {
      expect(states.find(({ closed }) => closed)?.closed).toMatchObject({ code });
      expect(connection.state.reconnects).toBe(1);
    }
    await expectNothingAmiss(load, watches);
  });
});
