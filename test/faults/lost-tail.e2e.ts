import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { BroadcastService } from '../../src/realtime/index.js';
import { flushOutbox } from '../../src/realtime/testing/flush-outbox.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { Deployment, redisAt, type Watch } from '../support/deployment.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { cutOff, replicated } from '../support/servers/cut-off.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { closeAllClients } from '../support/ws-client.js';

const ORGANIZATIONS = 12;

let master: RedisServer;
let replica: RedisServer;
let proxy: TcpProxy;
/** The second node's; the same by default. */
let otherProxy: TcpProxy;
let deployment: Deployment;
let watches: Watch[];

async function ask<T>({ url }: RedisServer, command: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await command(redis);
  } finally {
    redis.disconnect();
  }
}

const replicates = (): Promise<boolean> =>
  ask(replica, async (redis) => (await redis.info('replication')).includes('master_link_status:up'));

/** Creates the nodes' user; a server forgets it when it restarts. */
async function admit(server: RedisServer, ...rights: string[]): Promise<void> {
  const all = ['on', '>secret', '~*', '&*', '+@all'];
  await ask(server, (redis) => redis.call('ACL', 'SETUSER', 'herald', ...all, ...rights));
}

interface StartOptions {
  /** Rights of the nodes' user, beside all others. */
  rights?: string[];
  /** Whether the nodes reach Redis by a proxy each. */
  areApart?: boolean;
}

async function start({ rights = [], areApart = false }: StartOptions = {}): Promise<void> {
  master = await startRedis();
  replica = await startRedis({ args: ['--replicaof', `${master.host} ${master.port}`] });
  proxy = await TcpProxy.start(master);
  await until(replicates);
  for (const server of [master, replica]) await admit(server, ...rights);
  otherProxy = areApart ? await TcpProxy.start(master) : proxy;
  const login = { REDIS_USERNAME: 'herald', REDIS_PASSWORD: 'secret' };
  deployment = await Deployment.start({
    nodes: [
      { ...redisAt(proxy), ...login },
      { ...redisAt(otherProxy), ...login },
    ],
    organizations: ORGANIZATIONS,
  });
  watches = await deployment.watchAll([deployment.nodes[0]]);
}
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await Promise.all([...new Set([proxy, otherProxy])].map((each) => each.stop()));
  await Promise.all([replica.stop(), master.stop()]);
});

async function commitAll(from: number, to: number): Promise<void> {
  for (const orgId of deployment.orgIds) for (let n = from; n <= to; n += 1) await deployment.commit(orgId, n);
  await flushOutbox(deployment.nodes[0].app);
}

/** All clients receive three events and leave. The master then confirms three more, which its replica never gets. */
async function loseThree(): Promise<void> {
  await commitAll(0, 2);
  await until(() => watches.every(({ client }) => client.has(2)));
  for (const { client } of watches) await client.leave();
  await ask(master, replicated);
  await ask(replica, (redis) => cutOff(redis, master));
  await commitAll(3, 5);
}

/** As an operator does by hand. */
async function promoteReplica(): Promise<void> {
  await master.kill();
  await ask(replica, (redis) => redis.replicaof('NO', 'ONE'));
  proxy.redirect(replica);
  proxy.cut();
}

/** Reconnects all clients at once, on both nodes. */
async function resumeAll(): Promise<void> {
  const answers = await Promise.all(
    watches.map(({ client }, n) => client.resume(deployment.nodes[n % 2 === 0 ? 0 : 1])),
  );
  expect(answers).toEqual(watches.map(() => true));
}

async function expectNothingAmiss(count: number): Promise<void> {
  for (const { client } of watches) {
    await until(() => client.has(count - 1));
    expect(client.account(count)).toEqual(NOTHING_AMISS);
  }
}

describe('events that a master has confirmed and its successor lacks, while nobody is connected', () => {
  it('reach clients that resume, before they are told that they missed nothing', async () => {
    await start();
    await loseThree();
    await promoteReplica();
    await resumeAll();
    await expectNothingAmiss(6);
  });

  it('come before new ones', async () => {
    await start();
    await loseThree();
    await promoteReplica();
    await Promise.all(deployment.orgIds.map((orgId) => deployment.commit(orgId, 6)));
    await resumeAll();
    await expectNothingAmiss(7);
  });

  it('do so, too, if Redis does not tell that another master has taken over', async () => {
    await start({ rights: ['-info'] });
    await loseThree();
    await promoteReplica();
    await resumeAll();
    await expectNothingAmiss(6);
  });

  it('are in inboxes’ streams, too', async () => {
    await start();
    const [one, two] = deployment.nodes;
    const broadcast = one.app.get(BroadcastService, { strict: false });
    const first = await one.join('/ws/notifications/', 'bob');
    await loseThree();
    const cursor = String(first.received[0]?.cursor);
    await first.terminate();
    await broadcast.broadcastNotification('bob', { title: 'Lost' });
    await flushOutbox(one.app);
    await promoteReplica();
    await until(() => two.isHealthy());
    const again = await two.join('/ws/notifications/', 'bob', { cursor });
    expect(again.received[0]).toMatchObject({ resumed: true });
    await until(() => again.received.length > 1);
    expect(again.received[1]).toMatchObject({ notification: { title: 'Lost' } });
  });
});

describe('events that a node still publishes to the former master', () => {
  it('reach everybody once that node has moved, too', async () => {
    await start({ areApart: true });
    const [one, two] = deployment.nodes;
    await commitAll(0, 2);
    await until(() => watches.every(({ client }) => client.has(2)));
    await ask(master, replicated);
    await ask(replica, (redis) => cutOff(redis, master));
    await ask(replica, (redis) => redis.replicaof('NO', 'ONE'));
    proxy.redirect(replica);
    proxy.cut();
    await until(() => one.isHealthy());
    for (const orgId of deployment.orgIds) await deployment.commit(orgId, 3, one);
    await until(() => watches.every(({ client }) => client.has(3)));
    // Two publishes its own commits at once, if one is not faster.
    for (const orgId of deployment.orgIds) await deployment.commit(orgId, 4, two);
    await flushOutbox(two.app);
    otherProxy.redirect(replica);
    otherProxy.cut();
    await expectNothingAmiss(5);
  });
});

describe('events that Redis has lost with a restart from an older snapshot, while nobody is connected', () => {
  it('reach clients that resume', async () => {
    await start();
    await commitAll(0, 2);
    await until(() => watches.every(({ client }) => client.has(2)));
    for (const { client } of watches) await client.leave();
    await ask(master, (redis) => redis.save());
    await commitAll(3, 5);
    await master.kill();
    await master.start();
    await admit(master);
    await resumeAll();
    await expectNothingAmiss(6);
  });
});
