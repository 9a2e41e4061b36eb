import { afterEach, describe, expect, it } from '@jest/globals';
import { Deployment, redisAt } from '../support/deployment.js';
import { HeraldProcess } from '../support/herald-process.js';
import type { Variables } from '../support/node.js';
import { accountOf, NOTHING_AMISS } from '../support/recording-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../support/until.js';
import { closeAllConnections, connected, numbersOf, type OrgWatch, watchedEvents, watchEvents } from './watch.js';

const RECOVERY_MS = 20_000;

let redis: RedisServer;
/** Where changes are made. */
let deployment: Deployment;
/** Where the clients are connected. */
let server: HeraldProcess;

const KEPT = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** More than happens while a server starts, even on a busy machine. */
const HISTORY = { HISTORY_SIZE: '10000' };

async function start(redisArgs = KEPT): Promise<void> {
  redis = await startRedis({ args: redisArgs });
  deployment = await Deployment.start({ nodes: [settings(), settings()] });
  server = await startServer();
}

afterEach(async () => {
  closeAllConnections();
  await server.end('SIGKILL');
  await deployment.stop();
  await redis.stop();
});

function settings(): Variables {
  return { ...redisAt(redis), ...HISTORY };
}

async function startServer(further: Variables = {}): Promise<HeraldProcess> {
  const variables = { ...deployment.variables, ...settings(), SHUTDOWN_GRACE_MS: '500', ...further };
  return (await HeraldProcess.spawn('main.js', variables)).ready();
}

/** Ends the server, and starts it again at the same address. */
async function restart(signal: NodeJS.Signals, meanwhile: () => Promise<void>): Promise<void> {
  await server.end(signal);
  await meanwhile();
  server = await startServer({ PORT: new URL(server.url).port });
}

function options(): { url: string; getToken: () => string } {
  return { url: server.url, getToken: () => deployment.token };
}

/** That many clients of one organization. */
function watchAll(count: number): Promise<OrgWatch[]> {
  return impatient(() => Promise.all(Array.from({ length: count }, () => watchEvents(deployment.orgId, options()))));
}

/** Lets chance have the clients that are made now wait a tenth of what they may: a test would be long otherwise. */
function impatient<T>(make: () => T): T {
  const { random } = Math;
  Math.random = () => 0.1;
  try {
    return make();
  } finally {
    Math.random = random;
  }
}

/** Stops the load, and waits for the last change. */
async function expectNothingAmiss(load: ReturnType<Deployment['load']>, watches: OrgWatch[]): Promise<void> {
  await load.stop();
  const count = load.least;
  for (const watch of watches) {
    await until(() => numbersOf(watch).includes(count - 1), RECOVERY_MS);
    expect(accountOf(numbersOf(watch), count)).toEqual(NOTHING_AMISS);
    expect(watch.refetches).toEqual([]);
  }
}

describe('clients of a server that', () => {
  it.each([
    ['is restarted', 'SIGTERM', 1012],
    ['is killed and started again', 'SIGKILL', 1006],
  ] as const)('%s come back by themselves, and miss and double nothing', async (_, signal, code) => {
    await start();
    const watches = await watchAll(3);
    const load = deployment.load(40);
    await until(() => load.least > 20);
    await restart(signal, async () => {
      const ended = load.least;
      await until(() => load.least > ended + 20);
    });
    await Promise.all(watches.map((watch) => connected(watch, 2)));
    for (const { states, connection } of watches) {
      expect(states.find(({ closed }) => closed)?.closed).toMatchObject({ code });
      expect(connection.state.reconnects).toBe(1);
    }
    await expectNothingAmiss(load, watches);
  });
});

describe('clients of a Redis that', () => {
  it('is killed and started again stay, and miss and double nothing', async () => {
    await start();
    const watches = await watchAll(2);
    const load = deployment.load(40);
    await until(() => load.least > 20);
    await redis.kill();
    const down = load.least;
    await until(() => load.least > down + 20);
    await redis.start();
    await expectNothingAmiss(load, watches);
    for (const { connection } of watches) {
      expect(connection.state).toMatchObject({ status: 'connected', reconnects: 0 });
    }
  });

  it('is down are let in as soon as it is back, those who were there without missing anything', async () => {
    await start();
    const [watch] = (await watchAll(1)) as [OrgWatch];
    const load = deployment.load(40);
    await until(() => load.least > 20);
    await redis.kill();
    watch.connection.reconnect();
    const fresh = impatient(() => watchedEvents(deployment.orgId, options()));
    const refused = { code: 1013, reason: 'unavailable' };
    await until(() => [watch, fresh].every(({ connection }) => connection.state.closed?.code === refused.code));
    expect([watch.connection.state.closed, fresh.connection.state.closed]).toEqual([refused, refused]);
    await redis.start();
    await Promise.all([connected(watch, 2), connected(fresh)]);
    await expectNothingAmiss(load, [watch]);
    await until(() => numbersOf(fresh).includes(load.least - 1));
    expect(fresh.refetches).toEqual([]);
  });

  it('has lost its data are told to fetch anew, if they were away', async () => {
    await start([]);
    const [watch] = (await watchAll(1)) as [OrgWatch];
    await deployment.commit(deployment.orgId, 1);
    await until(() => numbersOf(watch).includes(1));
    await redis.kill();
    watch.connection.reconnect();
    await until(() => watch.connection.state.closed?.code === 1013);
    expect(watch.refetches).toEqual([]);
    await redis.start();
    await until(() => watch.refetches.length > 0, RECOVERY_MS);
    expect(watch.refetches[0]).toMatchObject({ resumed: false });
    await deployment.commit(deployment.orgId, 2);
    await until(() => numbersOf(watch).includes(2), RECOVERY_MS);
  });
});
