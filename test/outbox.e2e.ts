import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { UnavailableError } from '../src/realtime/support/errors.js';
import type { Messages, Published } from '../src/realtime/broker/broker.js';
import { userChannel } from '../src/realtime/broker/channel.js';
import { MemoryBroker } from '../src/realtime/broker/memory-broker.js';
import { BroadcastService } from '../src/realtime/index.js';
import { isBrokerAtFault, publishBatch } from '../src/realtime/outbox/outbox-batch.js';
import { OutboxRelay } from '../src/realtime/outbox/outbox-relay.js';
import { RealtimeMetrics } from '../src/realtime/realtime-metrics.js';
import { type Herald, herald } from './support/herald.js';
import { sample } from './support/metrics.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

let admin: Redis;
let node: Herald;
let dataSource: DataSource;

beforeAll(async () => {
  node = await herald();
  admin = new Redis(node.redis.url);
  dataSource = node.app.get(DataSource);
});
afterEach(closeAllClients);
afterAll(async () => {
  admin.disconnect();
  await node.stop();
});

const listen = (userId: string): Promise<TestClient> => node.join('/ws/notifications/', userId);

async function notify(userId: string, title: string): Promise<void> {
  const broadcast = node.app.get(BroadcastService, { strict: false });
  await dataSource.transaction((manager) => broadcast.broadcastNotification(userId, { title }, { manager }));
}

function told(title: string): object {
  return expect.objectContaining({ type: 'notification', notification: expect.objectContaining({ title }) });
}

describe('an invalid outbox row', () => {
  const FRAME = '{"type":"x"}';

  it.each([
    ['text that is not JSON', 'user:alice', 'frame', 'not json'],
    ['an empty body', 'user:alice', 'frame', ''],
    ['an empty object', 'user:alice', 'frame', '{}'],
    ['a list', 'user:alice', 'frame', '[1]'],
    ['an object with an extra brace', 'user:alice', 'frame', '{"type":"x"}}'],
    ['a channel that does not exist', 'bogus', 'frame', FRAME],
    ['a user id with invalid encoding', 'user:%zz', 'frame', FRAME],
    ['an unknown kind', 'user:alice', 'letter', FRAME],
  ])('with %s is skipped and counted, and later messages are published', async (_, channel, kind, body) => {
    const alice = await listen('alice');
    const before = await sample(node, 'herald_outbox_unreadable_total');
    const id = randomUUID();
    await dataSource.query('INSERT INTO realtime_outbox (id, channel, kind, body) VALUES ($1, $2, $3, $4)', [
      id,
      channel,
      kind,
      body,
    ]);
    await notify('alice', 'Next');
    expect(await alice.next()).toEqual(told('Next'));
    await until(async () => (await sample(node, 'herald_outbox_unreadable_total')) === before + 1);
    const rows = await dataSource.query<object[]>(
      'SELECT cursor FROM realtime_outbox WHERE id = $1 AND published_at IS NOT NULL',
      [id],
    );
    expect(rows).toEqual([{ cursor: null }]);
  });
});

describe('an outbox row that release 0.1.0 has written without its closing brace', () => {
  it('is published to its channel', async () => {
    const alice = await listen('alice');
    await dataSource.query('INSERT INTO realtime_outbox (id, channel, kind, body) VALUES ($1, $2, $3, $4)', [
      uuidv7(),
      'user:alice',
      'frame',
      '{"type":"notification","notification":{"title":"Old"}',
    ]);
    await notify('alice', 'Next');
    expect([await alice.next(), await alice.next()]).toEqual([told('Old'), told('Next')]);
  });

  it('is published to all users if it was an announcement', async () => {
    const alice = await listen('alice');
    await dataSource.query('INSERT INTO realtime_outbox (id, channel, kind, body) VALUES ($1, $2, $3, $4)', [
      uuidv7(),
      'node:all',
      'frame',
      '{"type":"notification","notification":{"title":"To all"}',
    ]);
    await notify('alice', 'Next');
    const both = [await alice.next(), await alice.next()];
    expect(both).toEqual(expect.arrayContaining([told('To all'), told('Next')]));
  });
});

describe('channels that Redis rejects', () => {
  const users = Array.from({ length: 5 }, (_, n) => `stuck-${n}`);
  const positionOf = (userId: string): string => `herald:0:{user:${userId}}:position`;

  it('do not delay others, and are published completely and in order once Redis accepts them again', async () => {
    const stuck = await Promise.all(users.map(listen));
    const bob = await listen('bob');
    for (const userId of users) {
      await admin.rename(positionOf(userId), `kept:${userId}`);
      await admin.lpush(positionOf(userId), 'not a position');
    }
    for (const userId of users) for (const title of ['First', 'Second']) await notify(userId, title);
    for (let n = 0; n < 20; n += 1) {
      await notify('bob', `Number ${n}`);
      expect(await bob.next()).toEqual(told(`Number ${n}`));
    }
    await until(async () => (await sample(node, 'herald_outbox_depth')) === 2 * users.length);

    for (const userId of users) await admin.rename(`kept:${userId}`, positionOf(userId));
    for (const client of stuck) {
      expect(await client.next()).toEqual(told('First'));
      expect(await client.next()).toEqual(told('Second'));
    }
  });
});

/** A cluster that has lost a shard: its channel fails, but only after all others have succeeded. */
class ShardAway extends MemoryBroker {
  private served = 0;

  constructor(
    private readonly away: string,
    private readonly others: number,
  ) {
    super({ size: 0, ttlSeconds: 1 });
  }

  override async publishAll(messages: Messages): Promise<Published[]> {
    if (messages[0].channel.name === this.away) {
      await until(() => this.served === this.others);
      throw new UnavailableError('redis');
    }
    const published = await super.publishAll(messages);
    this.served += 1;
    return published;
  }
}

describe('a batch that another master may receive', () => {
  it('publishes nothing, because what that one lacks must come first', async () => {
    const relay = node.app.get(OutboxRelay, { strict: false });
    await relay.stop();
    try {
      await notify('moved', 'Waiting');
      const broker = new MemoryBroker({ size: 10, ttlSeconds: 60 });
      const batch = await publishBatch({
        dataSource,
        broker,
        metrics: node.app.get(RealtimeMetrics, { strict: false }),
        generation: null,
        isCurrent: () => false,
        request: { first: [], after: '', resting: [] },
        reopening: null,
      });
      expect([batch.count, batch.settled.size, batch.failures.size]).toEqual([1, 0, 0]);
      expect((await broker.history(userChannel.of('moved'), 0)).publications).toEqual([]);
    } finally {
      relay.onApplicationBootstrap();
    }
    await until(async () => (await sample(node, 'herald_outbox_depth')) === 0);
  });
});

describe('a channel that fails after all others have succeeded', () => {
  it('is not mistaken for a failure of the broker', async () => {
    const relay = node.app.get(OutboxRelay, { strict: false });
    await relay.stop();
    try {
      for (const userId of ['away', 'here', 'there']) await notify(userId, 'Waiting');
      const batch = await publishBatch({
        dataSource,
        broker: new ShardAway('user:away', 2),
        metrics: node.app.get(RealtimeMetrics, { strict: false }),
        generation: null,
        isCurrent: () => true,
        request: { first: [], after: '', resting: [] },
        reopening: null,
      });
      expect([...batch.whole].toSorted()).toEqual(['user:here', 'user:there']);
      expect([...batch.failures.keys()]).toEqual(['user:away']);
      expect(isBrokerAtFault(batch)).toBe(false);
      expect(await sample(node, 'herald_outbox_depth')).toBe(1);
    } finally {
      relay.onApplicationBootstrap();
    }
  });
});
