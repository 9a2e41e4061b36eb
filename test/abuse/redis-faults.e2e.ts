import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { RETENTION_QUEUE } from '../../src/notifications/retention-queue.js';
import { RetentionSchedule } from '../../src/notifications/retention.schedule.js';
import { orgChannel } from '../../src/realtime/broker/channel.js';
import { RedisKeys } from '../../src/realtime/broker/redis-keys.js';
import { BroadcastService } from '../../src/realtime/index.js';
import type { ApiClient } from '../support/api-client.js';
import { countConnections } from '../support/connection-count.js';
import { redisAt } from '../support/deployment.js';
import { type Herald, herald } from '../support/herald.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, type TestClient } from '../support/ws-client.js';

let redis: RedisServer;
let admin: Redis;
let node: Herald;
let token: string;
let api: ApiClient;
let orgId: string;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
  node = await herald(redisAt(redis));
  token = await node.tokenFor('alice');
  api = await node.api('alice', { token });
  orgId = (await api.post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(closeAllClients);
afterAll(async () => {
  await until(() => node.isHealthy());
  await until(async () => (await countConnections(node.url)) === 0);
  admin.disconnect();
  await node.stop();
  await redis.stop();
});

const attempt = (path = `/ws/events/${orgId}/`): Promise<TestClient> => node.connect(path, 'alice', { token });
const join = (): Promise<TestClient> => node.join(`/ws/events/${orgId}/`, 'alice', { token });

const publish = (n: number) =>
  node.app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, 'test.numbered', { n });

describe('a Redis that refuses subscriptions', () => {
  it.each([
    ['-subscribe', '+subscribe'],
    ['resetchannels', 'allchannels'],
    // @abuse RED-19
  ])('admits no client that would receive nothing (ACL %s)', async (refuse, allow) => {
    await admin.call('ACL', 'SETUSER', 'default', refuse);
    try {
      for (const path of [`/ws/events/${orgId}/`, '/ws/notifications/']) {
        const client = await attempt(path);
        expect(await client.closed()).toEqual({ code: 1013, reason: 'unavailable' });
        expect(client.received).toEqual([]);
      }
    } finally {
      await admin.call('ACL', 'SETUSER', 'default', allow);
    }
    await until(() => node.isHealthy());
    const client = await join();
    await publish(0);
    expect(await client.next()).toMatchObject({ data: { n: 0 } });
  });
});

describe('the last client of a channel', () => {
  // @abuse RED-20
  it('can leave while another joins, which still receives', async () => {
    let last = await join();
    for (let n = 0; n < 150; n += 1) {
      const [next] = await Promise.all([join(), n % 2 === 0 ? last.close() : last.terminate()]);
      await publish(n);
      expect(await next.next()).toMatchObject({ data: { n } });
      last = next;
    }
  });
});

describe('a node of a later release', () => {
  const keys = new RedisKeys(0);

  /** Publishes what this release can't read, in the same way as the broker's script. */
  async function publishUnreadable(): Promise<void> {
    const channel = orgChannel.of(orgId);
    await admin.hincrby(keys.position(channel), 'offset', 1);
    await admin.rpush(keys.history(channel), '2 something new\n{}');
    await admin.publish(keys.channel(channel), '2 something new\n{}');
  }

  async function foreignMessages(): Promise<number> {
    const text = await (await fetch(`${node.url}/metrics`)).text();
    return Number(/^herald_foreign_messages_total (\d+)$/m.exec(text)?.[1] ?? NaN);
  }

  // @abuse RED-26
  it('with another format makes clients of this one resynchronize, instead of losing its messages', async () => {
    const before = await foreignMessages();
    const client = await join();
    await publish(1);
    const { cursor } = await client.next();
    await publishUnreadable();
    await publish(3);
    expect(await client.closed()).toEqual({ code: 1013, reason: 'stream_lost' });
    expect(client.received.map(({ data }) => data)).toEqual([undefined, { n: 1 }]);
    expect(await foreignMessages()).toBeGreaterThan(before);
    const again = await attempt(`/ws/events/${orgId}/?cursor=${String(cursor)}`);
    expect(await again.next()).toMatchObject({ resumed: false });
    await publish(4);
    expect(await again.next()).toMatchObject({ data: { n: 4 } });
  });
});

describe('a node that starts before Redis', () => {
  // @abuse RED-25
  it('serves without it, reports itself degraded, and uses it as soon as it starts', async () => {
    const late = await startRedis();
    await late.kill();
    const early = await herald(redisAt(late));
    try {
      const answer = await fetch(`${early.url}/health/ready`);
      expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'degraded' }]);
      const refused = await connect(`${early.wsUrl}/ws/notifications/`, { token: await early.tokenFor('bob') });
      expect(await refused.closed()).toEqual({ code: 1013, reason: 'unavailable' });
      await late.start();
      await until(() => early.isHealthy());
      const client = await connect(`${early.wsUrl}/ws/notifications/`, { token: await early.tokenFor('bob') });
      expect(await client.next()).toMatchObject({ type: 'connection.established' });
    } finally {
      await early.stop();
      await late.stop();
    }
  });
});

describe('a Redis that has lost its data', () => {
  it('gets the schedule that deletes old notifications again, once', async () => {
    const queue = node.app.get<Queue>(getQueueToken(RETENTION_QUEUE), { strict: false });
    await until(async () => (await queue.getJobSchedulers()).length === 1);
    await admin.flushall();
    expect(await queue.getJobSchedulers()).toEqual([]);
    const schedule = node.app.get(RetentionSchedule, { strict: false });
    await Promise.all([schedule.keep(), schedule.keep()]);
    await schedule.keep();
    expect(await queue.getJobSchedulers()).toMatchObject([{ key: 'hourly', every: 3_600_000 }]);
    await until(async () => (await queue.getJobCounts('delayed')).delayed === 1);
  });
});
