import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Environment } from '../src/config/environment.js';
import type { Broker, Message, Publication } from '../src/realtime/broker/broker.js';
import { Channel } from '../src/realtime/broker/channel.js';
import { comparePositions, formatCursor, newEpoch } from '../src/realtime/broker/cursor.js';
import { MemoryBroker } from '../src/realtime/broker/memory-broker.js';
import { RealtimeRedis } from '../src/realtime/broker/realtime-redis.js';
import { RedisBroker } from '../src/realtime/broker/redis-broker.js';
import { connectRedis } from '../src/redis/redis-connection.js';
import { type RedisCluster, type RedisServer, startCluster, startRedis } from './support/servers.js';
import { until } from './support/until.js';

const LIMITS = { size: 5, ttlSeconds: 60 };

/** A broker of one process, and what it has handed to its receiver. */
interface Process {
  broker: Broker;
  received: Publication[];
  counters: { interruptions: number; foreign: number };
  stop(): void;
}

interface Adapter {
  name: string;
  open: () => Promise<void>;
  close: () => Promise<void>;
  /** A process with its own broker; those of Redis share the server. */
  start: () => Promise<Process>;
}

function listen(broker: Broker, stop: () => void): Process {
  const received: Publication[] = [];
  const signals: string[] = [];
  const counters = { interruptions: 0, foreign: 0 };
  broker.listen({
    receive: (publication) => received.push(publication),
    signalled: (topic, payload) => signals.push(`${topic} ${payload.toString()}`),
    interrupted: () => undefined,
    resynchronize: () => (counters.interruptions += 1),
    disregard: () => (counters.foreign += 1),
  });
  return { broker, received, counters, stop };
}

const memory: Adapter = {
  name: 'MemoryBroker',
  open: () => Promise.resolve(),
  close: () => Promise.resolve(),
  start: () => Promise.resolve(listen(new MemoryBroker(LIMITS), () => undefined)),
};

let redis: RedisServer;

let cluster: RedisCluster;

function startRedisProcess(variables: Record<string, string> = {}): Promise<Process> {
  return startProcessOver({ REDIS_HOST: redis.host, REDIS_PORT: String(redis.port), ...variables });
}

async function startProcessOver(variables: Record<string, string>): Promise<Process> {
  const environment = new Environment(variables);
  if (environment.redis === null) throw new Error('No Redis was configured');
  const connection = new RealtimeRedis(environment.redis);
  const broker = new RedisBroker(connection, LIMITS);
  await broker.onModuleInit();
  return listen(broker, () => {
    broker.onApplicationShutdown();
    connection.onApplicationShutdown();
  });
}

const overRedis: Adapter = {
  name: 'RedisBroker',
  open: async () => void (redis = await startRedis()),
  close: () => redis.stop(),
  start: () => startRedisProcess(),
};

const overCluster: Adapter = {
  name: 'RedisBroker in a cluster of three masters',
  open: async () => void (cluster = await startCluster(3)),
  close: () => cluster.stop(),
  start: () => startProcessOver({ REDIS_CLUSTER_NODES: cluster.nodes }),
};

function message(channel: Channel, text: string, idempotencyKey: string | null = null): Message {
  return {
    id: randomUUID(),
    channel,
    body: JSON.stringify({ text }),
    idempotencyKey,
    except: null,
    formerPosition: null,
  };
}

function texts(received: readonly Publication[]): string[] {
  return received.map(({ payload }) => (JSON.parse(payload.toString()) as { text: string }).text);
}

describe.each([memory, overRedis, overCluster])('a $name', ({ open, close, start }) => {
  let process: Process;

  beforeAll(open);
  afterAll(close);
  beforeEach(async () => void (process = await start()));
  afterEach(() => process.stop());

  it('hands a publication to a subscribed process, as a complete frame with its cursor', async () => {
    const channel = Channel.ofUser(randomUUID());
    await process.broker.subscribe(channel);
    const sent = message(channel, 'žluť 🐎');
    const { position } = await process.broker.publish(sent);
    await until(() => process.received.length === 1);
    const [publication] = process.received;
    expect(publication).toMatchObject({ id: sent.id, channel: channel.name, position });
    const cursor = formatCursor(publication?.position ?? { epoch: '', offset: 0, tag: '' });
    expect(JSON.parse(publication?.payload.toString() ?? '')).toEqual({ text: 'žluť 🐎', cursor });
  });

  it('keeps the order of a channel, with positions one above the other', async () => {
    const channel = Channel.ofOrganization(randomUUID());
    await process.broker.subscribe(channel);
    const before = await process.broker.position(channel);
    const all = Array.from({ length: 200 }, (_, index) => String(index));
    const published = await Promise.all(all.map((text) => process.broker.publish(message(channel, text))));
    const positions = published.map(({ position }) => position);
    await until(() => process.received.length === all.length);
    expect(texts(process.received)).toEqual(all);
    expect(process.received.map(({ position }) => position.offset)).toEqual(all.map((_, index) => index + 1));
    expect(process.received.map(({ position }) => position)).toEqual(positions);
    expect(new Set(positions.map(({ epoch }) => epoch))).toEqual(new Set([before.epoch]));
  });

  it('knows the position of the newest message, also before there is one', async () => {
    const channel = Channel.ofUser(randomUUID());
    const first = await process.broker.position(channel);
    expect(first.offset).toBe(0);
    const { position } = await process.broker.publish(message(channel, 'a'));
    expect(await process.broker.position(channel)).toEqual(position);
    expect(comparePositions(first, await process.broker.position(channel))).toBeLessThan(0);
  });

  it('hands nothing of other channels to a process, and nothing after it has unsubscribed', async () => {
    const [mine, other] = [Channel.ofUser(randomUUID()), Channel.ofUser(`${randomUUID()}*`)];
    await process.broker.subscribe(mine);
    await process.broker.publish(message(other, 'not mine'));
    await process.broker.unsubscribe(mine);
    await process.broker.publish(message(mine, 'too late'));
    await process.broker.subscribe(mine);
    await process.broker.publish(message(mine, 'mine'));
    await until(() => process.received.length > 0);
    expect(texts(process.received)).toEqual(['mine']);
  });

  it('publishes once for an idempotency key, in each channel', async () => {
    const [one, two] = [Channel.ofUser(randomUUID()), Channel.ofUser(randomUUID())];
    await process.broker.subscribe(one);
    await process.broker.subscribe(two);
    const results = [
      await process.broker.publish(message(one, 'first', 'export:1')),
      await process.broker.publish(message(one, 'again', 'export:1')),
      await process.broker.publish(message(two, 'elsewhere', 'export:1')),
      await process.broker.publish(message(one, 'another key', 'export:2')),
    ];
    expect(results.map(({ isRepetition }) => isRepetition)).toEqual([false, true, false, false]);
    expect(results.map(({ position }) => position.offset)).toEqual([1, 1, 1, 2]);
    await until(() => process.received.length === 3);
    expect(texts(process.received)).toEqual(['first', 'elsewhere', 'another key']);
  });

  it('publishes several messages of a channel at once as it does one after the other', async () => {
    const channel = Channel.ofUser(randomUUID());
    await process.broker.subscribe(channel);
    await process.broker.publish(message(channel, 'a', 'first'));
    const results = await process.broker.publishAll(
      [
        message(channel, 'žluť 🐎'),
        message(channel, 'a again', 'first'),
        message(channel, 'c', 'second'),
        message(channel, 'd'),
        message(channel, 'c again', 'second'),
      ],
      null,
    );
    expect(results.map(({ position, isRepetition }) => [position.offset, isRepetition])).toEqual([
      [2, false],
      [1, true],
      [3, false],
      [4, false],
      [3, true],
    ]);
    expect((await process.broker.publish(message(channel, 'e', 'second'))).position).toEqual(results[2]?.position);
    await until(() => process.received.length === 4);
    expect(texts(process.received)).toEqual(['a', 'žluť 🐎', 'c', 'd']);
    expect(process.received.slice(1).map(({ position }) => position)).toEqual(
      [0, 2, 3].map((index) => results[index]?.position),
    );
    expect((await process.broker.history(channel, 1)).publications).toEqual(process.received);
  });

  it('keeps its history within its limit when more is published at once', async () => {
    const channel = Channel.ofUser(randomUUID());
    const [first, ...others] = Array.from({ length: 9 }, (_, index) => message(channel, String(index + 1)));
    if (first === undefined) throw new Error('Nothing to publish');
    await process.broker.publishAll([first, ...others], null);
    expect(texts((await process.broker.history(channel, 0)).publications)).toEqual(['4', '5', '6', '7', '8', '9']);
  });

  it('publishes into the generation of its data that is expected', async () => {
    const channel = Channel.ofUser(randomUUID());
    await process.broker.subscribe(channel);
    await process.broker.publishAll([message(channel, 'a')], await process.broker.generation());
    await until(() => process.received.length === 1);
  });

  it('remembers the newest messages, without a gap, one more than may be missed', async () => {
    const channel = Channel.ofUser(randomUUID());
    const sent = Array.from({ length: 9 }, (_, index) => message(channel, String(index + 1)));
    for (const each of sent) await process.broker.publish(each);
    const { position, publications } = await process.broker.history(channel, 0);
    expect(position.offset).toBe(9);
    expect(texts(publications)).toEqual(['4', '5', '6', '7', '8', '9']);
    expect(publications.at(-1)).toMatchObject({ id: sent[8]?.id, channel: channel.name, position });
    expect(Math.abs(Date.now() - (publications.at(-1)?.publishedAt ?? 0))).toBeLessThan(60_000);
    expect(texts((await process.broker.history(channel, 8)).publications)).toEqual(['8', '9']);
  });

  it('gives no more of its history at once than is wanted, and always so much that one gets on', async () => {
    const channel = Channel.ofUser(randomUUID());
    for (let n = 1; n <= 6; n += 1) await process.broker.publish(message(channel, String(n).repeat(1_000)));
    const read = async (from: number, maxBytes: number): Promise<string[]> => {
      const { position, publications } = await process.broker.history(channel, from, maxBytes);
      expect(position.offset).toBe(6);
      return texts(publications).map((text) => text.charAt(0));
    };
    expect(await read(1, 4_999)).toEqual(['1', '2', '3', '4']);
    expect(await read(4, 4_999)).toEqual(['4', '5', '6']);
    expect(await read(2, 1)).toEqual(['2', '3']);
    expect(await read(6, 1)).toEqual(['6']);
  });

  it('knows what a received publication was when it is asked for it again', async () => {
    const channel = Channel.ofUser(randomUUID());
    await process.broker.subscribe(channel);
    await process.broker.publish(message(channel, 'žluť 🐎'));
    await until(() => process.received.length === 1);
    expect((await process.broker.history(channel, 1)).publications).toEqual(process.received);
  });

  it('has an empty history of a channel nobody has published to', async () => {
    const history = await process.broker.history(Channel.ofUser(randomUUID()), 0);
    expect(history).toMatchObject({ position: { offset: 0, tag: '00000000' }, publications: [] });
  });

  // @abuse RED-20
  it('takes subscriptions that change quickly in the order they were asked for', async () => {
    const channel = Channel.ofUser(randomUUID());
    await process.broker.subscribe(channel);
    const changes = Array.from({ length: 500 }, () => [
      process.broker.unsubscribe(channel),
      process.broker.subscribe(channel),
    ]);
    await Promise.all(changes.flat());
    await process.broker.publish(message(channel, 'still there'));
    await until(() => process.received.length === 1);
  });
});

describe('a cluster that is reached by the address of one node', () => {
  it('is published to, also where a generation is expected', async () => {
    const behind = await startCluster(1);
    const [master] = behind.masters;
    if (master === undefined) throw new Error('The cluster has no master');
    const process = await startProcessOver({ REDIS_HOST: master.host, REDIS_PORT: String(master.port) });
    try {
      const channel = Channel.ofUser(randomUUID());
      await process.broker.subscribe(channel);
      for (const text of ['a', 'b']) {
        await process.broker.publishAll([message(channel, text)], await process.broker.generation());
      }
      await until(() => process.received.length === 2);
      expect(texts(process.received)).toEqual(['a', 'b']);
    } finally {
      process.stop();
      await behind.stop();
    }
  });
});

describe('two processes over one Redis', () => {
  let one: Process;
  let two: Process;
  let raw: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    [one, two] = await Promise.all([startRedisProcess(), startRedisProcess()]);
    const { redis: settings } = new Environment({ REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) });
    if (settings === null) throw new Error('No Redis was configured');
    raw = connectRedis(settings, { onError: () => undefined }) as Redis;
  });
  afterAll(async () => {
    raw.disconnect();
    one.stop();
    two.stop();
    await redis.stop();
  });
  afterEach(() => {
    one.received.length = 0;
    two.received.length = 0;
  });

  it('receive the same publications in the same order, whoever published', async () => {
    const channel = Channel.ofOrganization(randomUUID());
    await Promise.all([one.broker.subscribe(channel), two.broker.subscribe(channel)]);
    const sent = Array.from({ length: 100 }, (_, index) =>
      (index % 2 === 0 ? one : two).broker.publish(message(channel, String(index))),
    );
    await Promise.all(sent);
    await until(() => one.received.length === 100 && two.received.length === 100);
    expect(one.received).toEqual(two.received);
    expect(one.received.map(({ position }) => position.offset)).toEqual(sent.map((_, index) => index + 1));
  });

  it('publish nothing into data of another generation than is expected', async () => {
    const channel = Channel.ofUser(randomUUID());
    const expected = await one.broker.generation();
    await one.broker.subscribe(channel);
    const before = await one.broker.position(channel);
    await raw.del('herald:0:generation');
    const refusal = { name: 'UnavailableError', dependency: 'redis' };
    await expect(one.broker.publishAll([message(channel, 'a')], expected)).rejects.toMatchObject(refusal);
    const generation = await two.broker.generation();
    expect(generation).not.toBe(expected);
    await expect(one.broker.publishAll([message(channel, 'b')], expected)).rejects.toMatchObject(refusal);
    expect(await one.broker.position(channel)).toEqual(before);
    await one.broker.publishAll([message(channel, 'c')], generation);
    await until(() => one.received.length === 1);
    expect(texts(one.received)).toEqual(['c']);
  });

  it('answer for what was published before also when the channel was deleted, and begin none for it', async () => {
    const channel = Channel.ofUser(randomUUID());
    const sent = message(channel, 'a', 'key');
    const { position } = await one.broker.publish(sent);
    await raw.del(`herald:0:{${channel.name}}:position`, `herald:0:{${channel.name}}:history`);
    expect(await one.broker.publish(sent)).toEqual({ position, isRepetition: true });
    expect(await raw.keys(`herald:0:{${channel.name}}:*`)).toEqual([`herald:0:{${channel.name}}:once:key`]);
    expect(await one.broker.position(channel)).toMatchObject({ offset: 0, tag: '00000000' });
  });

  // @abuse RED-22
  it('drop what other programs write into their channels, count it, and go on', async () => {
    const channel = Channel.ofUser('someone');
    await one.broker.subscribe(channel);
    const before = one.counters.foreign;
    const garbage = ['', 'x', '1 ', `2 ${channel.name}\n{}`, '{"type":"event"}', Buffer.alloc(10_000_000, 0xff)];
    for (const each of garbage) await raw.publish(`herald:0:{${channel.name}}`, each);
    await one.broker.publish(message(channel, 'ours'));
    await until(() => one.received.length === 1);
    expect(texts(one.received)).toEqual(['ours']);
    expect(one.counters.foreign - before).toBe(garbage.length);
  });

  // @abuse RED-22
  it('drop what other programs write into their histories, and trust only what comes after it', async () => {
    const channel = Channel.ofUser(randomUUID());
    const [before, foreign] = [await one.broker.position(channel), one.counters.foreign];
    for (const text of ['a', 'b', 'c', 'd']) await one.broker.publish(message(channel, text));
    await raw.lset(`herald:0:{${channel.name}}:history`, 2, 'x');
    expect(texts((await one.broker.history(channel, before.offset)).publications)).toEqual(['d']);
    await raw.lset(`herald:0:{${channel.name}}:history`, 3, 'x');
    expect((await one.broker.history(channel, before.offset)).publications).toEqual([]);
    expect(one.counters.foreign - foreign).toBe(3);
  });

  // @abuse RED-05
  it('go on in order when the clock of Redis jumps back', async () => {
    const channel = Channel.ofUser(randomUUID());
    await one.broker.subscribe(channel);
    // As it is when the channel was begun by a clock that was a century ahead.
    await one.broker.publish(message(channel, 'ahead'));
    const ahead = newEpoch(Date.now() + 3_155_760_000_000);
    await raw.hset(`herald:0:{${channel.name}}:position`, 'epoch', ahead);
    const positions = [];
    for (const text of ['b', 'c', 'd']) positions.push((await one.broker.publish(message(channel, text))).position);
    await until(() => one.received.length === 4);
    expect(positions.map(({ epoch, offset }) => [epoch, offset])).toEqual([2, 3, 4].map((offset) => [ahead, offset]));
    expect(positions.map(formatCursor)).toEqual(positions.map(formatCursor).toSorted());
  });

  // @abuse RED-18, RED-21
  it('subscribe in batches, and to all of 5,000 channels again when the link was cut', async () => {
    const channels = Array.from({ length: 5_000 }, () => Channel.ofOrganization(randomUUID()));
    const names = channels.map(({ name }) => `herald:0:{${name}}`);
    await Promise.all(channels.map((channel) => one.broker.subscribe(channel)));
    const before = one.counters.interruptions;
    await raw.call('CONFIG', 'RESETSTAT');
    await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => one.counters.interruptions === before + 1, 5_000);
    const counts = (await raw.call('PUBSUB', 'NUMSUB', ...names)) as (string | number)[];
    expect(counts.filter((_, index) => index % 2 === 1)).toEqual(names.map(() => 1));
    const calls = /cmdstat_subscribe:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1];
    expect(Number(calls)).toBeLessThan(30);
    await Promise.all(channels.map((channel) => one.broker.unsubscribe(channel)));
  });

  it('leave no key in Redis that does not expire, but for the generation', async () => {
    await one.broker.publish(message(Channel.ofUser('expiring'), 'a', 'key'));
    await one.broker.position(Channel.ofUser('idle'));
    expect(await one.broker.generation()).toBe(await two.broker.generation());
    const keys = (await raw.keys('*')).filter((key) => key !== 'herald:0:generation');
    const ttls = await Promise.all(keys.map((key) => raw.ttl(key)));
    expect(keys.length).toBeGreaterThanOrEqual(3);
    expect(Math.min(...ttls)).toBeGreaterThan(0);
    expect(keys.every((key) => key.startsWith('herald:0:{'))).toBe(true);
  });

  it('report a Redis that is gone at once, and find it again', async () => {
    const channel = Channel.ofUser(randomUUID());
    await one.broker.subscribe(channel);
    const { interruptions } = one.counters;
    await redis.kill();
    await until(() => !one.broker.isConnected());
    await expect(one.broker.publish(message(channel, 'lost'))).rejects.toThrow('redis is not available');
    await expect(one.broker.subscribe(Channel.ofUser('new'))).rejects.toThrow('redis is not available');
    await redis.start();
    await until(() => one.broker.isConnected());
    await until(() => one.counters.interruptions === interruptions + 1);
    await one.broker.publish(message(channel, 'found again'));
    await until(() => one.received.length === 1);
  });

  it('keep a subscription that was asked for again while Redis was gone', async () => {
    const channel = Channel.ofUser(randomUUID());
    await one.broker.subscribe(channel);
    await redis.kill();
    await until(() => !one.broker.isConnected());
    await expect(one.broker.subscribe(channel)).rejects.toThrow('redis is not available');
    await redis.start();
    await until(() => one.broker.isConnected());
    await one.broker.publish(message(channel, 'still subscribed'));
    await until(() => one.received.length === 1);
  });

  // @abuse RED-24
  it('of two deployments, told apart by REDIS_DB, share no channel, no history and no key', async () => {
    const other = await startRedisProcess({ REDIS_DB: '1' });
    const channel = Channel.ofUser('in both');
    await Promise.all([one.broker.subscribe(channel), other.broker.subscribe(channel)]);
    await one.broker.publish(message(channel, 'of one', 'same key'));
    const { isRepetition, position } = await other.broker.publish(message(channel, 'of the other', 'same key'));
    await until(() => one.received.length + other.received.length === 2);
    expect(texts(one.received)).toEqual(['of one']);
    expect(texts(other.received)).toEqual(['of the other']);
    expect({ isRepetition, offset: position.offset }).toEqual({ isRepetition: false, offset: 1 });
    expect(await other.broker.generation()).not.toBe(await one.broker.generation());
    other.stop();
  });
});
