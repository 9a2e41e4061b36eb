import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { type Channel, orgChannel } from '../../src/realtime/broker/channel.js';
import { formatCursor, parseCursor } from '../../src/realtime/broker/cursor.js';
import { RedisKeys } from '../../src/realtime/broker/redis-keys.js';
import { Deployment } from '../support/deployment.js';
import { type RedisCluster, type RedisServer, startCluster } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const keys = new RedisKeys(0);

let cluster: RedisCluster;
let deployment: Deployment;

beforeEach(async () => {
  cluster = await startCluster(3);
  const variables = { REDIS_CLUSTER_NODES: cluster.nodes };
  // Enough for some to be on another shard than the generation.
  deployment = await Deployment.start({ nodes: [variables, variables], organizations: 6 });
});
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
  await cluster.stop();
});

async function ask<T>(server: RedisServer, command: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ host: server.host, port: server.port });
  try {
    return await command(redis);
  } finally {
    redis.disconnect();
  }
}

async function masterWithout(key: string, channel: Channel): Promise<RedisServer | undefined> {
  for (const master of cluster.masters) {
    const names = await ask(master, (redis) => redis.keys('*'));
    if (names.includes(keys.position(channel)) && !names.includes(key)) return master;
  }
  return undefined;
}

describe('a cluster shard that loses its data, but not the generation', () => {
  it('loses and repeats no event of the outbox that it had accepted', async () => {
    const watches = await deployment.watchAll();
    for (let n = 0; n < 3; n += 1) for (const orgId of deployment.orgIds) await deployment.commit(orgId, n);
    await until(() => watches.every(({ client }) => client.has(2)));
    for (const orgId of deployment.orgIds) {
      const channel = orgChannel.of(orgId);
      const master = await masterWithout(keys.generation, channel);
      if (master === undefined) continue;
      await ask(master, (redis) => redis.flushall());
      const clients = watches.filter((watch) => watch.orgId === orgId).map(({ client }) => client);
      // Adds an event that was accepted before the loss, but not received by any node.
      const last = parseCursor(clients[0]?.cursor ?? '');
      if (last === null) throw new Error('The client has no cursor');
      await deployment.nodes[0].app
        .get(DataSource)
        .query(
          `INSERT INTO realtime_outbox (id, channel, kind, body, cursor, published_at) VALUES ($1, $2, 'frame', $3, $4, now())`,
          [
            randomUUID(),
            channel.name,
            '{"type":"event","event_type":"test.numbered","data":{"n":100}',
            formatCursor({ ...last, offset: last.offset + 1 }),
          ],
        );
      await deployment.commit(orgId, 3);
      await until(() => clients.every((client) => client.has(3) && client.has(100)));
      for (const client of clients) expect(client.numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 100]);
      return;
    }
    throw new Error('All channels are on the shard that has the generation');
  });
});
