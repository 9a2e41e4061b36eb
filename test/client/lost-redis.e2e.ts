import { afterEach, describe, expect, it } from '@jest/globals';
import { Deployment, redisAt } from '../support/deployment.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import {
  closeAllConnections,
  connected,
  expectNothingAmiss,
  impatient,
  numbersOf,
  type OrgWatch,
  watchedEvents,
} from './watch.js';

const KEPT = ['--appendonly', 'yes', '--appendfsync', 'always'];
const RECOVERY_MS = 20_000;

let redis: RedisServer;
let deployment: Deployment;

async function start(redisArgs: string[]): Promise<void> {
  redis = await startRedis({ args: redisArgs });
  // A client that has to wait longer and longer between attempts must not miss more than this.
  const node = { ...redisAt(redis), HISTORY_SIZE: '10000' };
  deployment = await Deployment.start({ nodes: [node, node] });
}

afterEach(async () => {
  closeAllConnections();
  await deployment.stop();
  await redis.stop();
});

/** Starts to connect a client. */
function watched(): OrgWatch {
  const { url } = deployment.nodes[0];
  return impatient(() => watchedEvents(deployment.orgId, { url, getToken: () => deployment.token }));
}

const UNAVAILABLE = { code: 1013, reason: 'unavailable' };

describe('clients of a Redis that', () => {
  it('is killed and restarted stay connected, new ones connect afterwards, and none misses or repeats an event', async () => {
    await start(KEPT);
    const [staying, returning] = [watched(), watched()];
    await Promise.all([connected(staying), connected(returning)]);
    const load = deployment.load(40);
    await until(() => load.least > 20);
    await redis.kill();
    returning.connection.reconnect();
    const fresh = watched();
    const isRefused = ({ connection }: OrgWatch): boolean => connection.state.closed?.code === UNAVAILABLE.code;
    await until(() => [returning, fresh].every(isRefused));
    expect([returning, fresh].map(({ connection }) => connection.state.closed)).toEqual([UNAVAILABLE, UNAVAILABLE]);
    await redis.start();
    await Promise.all([connected(returning, 2), connected(fresh)]);
    const back = load.least;
    await until(() => load.least > back + 2);
    await expectNothingAmiss(load, [staying, returning]);
    expect(staying.connection.state).toMatchObject({ status: 'connected', reconnects: 0 });
    await until(() => numbersOf(fresh).includes(load.least - 1));
    expect(fresh.refetches).toEqual([]);
  });

  it('lost its data are told to refetch if they were disconnected', async () => {
    await start([]);
    const watch = watched();
    await connected(watch);
    await deployment.commit(deployment.orgId, 1);
    await until(() => numbersOf(watch).includes(1));
    await redis.kill();
    watch.connection.reconnect();
    await until(() => watch.connection.state.closed?.code === UNAVAILABLE.code);
    expect(watch.connection.state.closed).toEqual(UNAVAILABLE);
    expect(watch.refetches).toEqual([]);
    await redis.start();
    await until(() => watch.refetches.length > 0, RECOVERY_MS);
    expect(watch.refetches[0]).toMatchObject({ resumed: false });
    await deployment.commit(deployment.orgId, 2);
    await until(() => numbersOf(watch).includes(2), RECOVERY_MS);
  });
});
