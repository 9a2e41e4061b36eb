import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Environment } from '../../src/config/environment.js';
import { orgChannel, userChannel } from '../../src/realtime/broker/channel.js';
import { formatCursor, newEpoch } from '../../src/realtime/broker/cursor.js';
import { connectRedis } from '../../src/realtime/support/redis-connection.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { brokerContract } from './broker.contract.js';
import { type BrokerProcess, message, redisProcess, texts } from './broker-process.js';

function processOver({ host, port }: RedisServer, variables: Record<string, string> = {}): Promise<BrokerProcess> {
  return redisProcess({ REDIS_HOST: host, REDIS_PORT: String(port), ...variables });
}

brokerContract('RedisBroker', async () => {
  const redis = await startRedis();
  return { process: () => processOver(redis), stop: () => redis.stop() };
});

describe('two processes with one Redis', () => {
  let redis: RedisServer;
  let one: BrokerProcess;
  let two: BrokerProcess;
  let raw: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    [one, two] = await Promise.all([processOver(redis), processOver(redis)]);
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

  it('receive the same publications in the same order, whichever published them', async () => {
    const channel = orgChannel.of(randomUUID());
    await Promise.all([one.broker.subscribe(channel), two.broker.subscribe(channel)]);
    const sent = Array.from({ length: 100 }, (_, index) =>
      (index % 2 === 0 ? one : two).broker.publish(message(channel, String(index))),
    );
    await Promise.all(sent);
    await until(() => one.received.length === 100 && two.received.length === 100);
    expect(one.received).toEqual(two.received);
    expect(one.received.map(({ position }) => position.offset)).toEqual(sent.map((_, index) => index + 1));
  });

  it('publish nothing into data of an unexpected generation', async () => {
    const channel = userChannel.of(randomUUID());
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

  it('recognize a repetition even after the channel was deleted, and do not create the channel for it', async () => {
    const channel = userChannel.of(randomUUID());
    const sent = message(channel, 'a', 'key');
    const { position } = await one.broker.publish(sent);
    await raw.del(`herald:0:{${channel.name}}:position`, `herald:0:{${channel.name}}:history`);
    expect(await one.broker.publish(sent)).toEqual({ position, isRepetition: true });
    expect(await raw.keys(`herald:0:{${channel.name}}:*`)).toEqual([`herald:0:{${channel.name}}:once:key`]);
    expect(await one.broker.position(channel)).toMatchObject({ offset: 0, tag: '00000000' });
  });

  // @abuse RED-22
  it('drop and count foreign messages in their channels, and go on', async () => {
    const channel = userChannel.of('someone');
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
  it('drop foreign entries in their histories, and return only what follows them', async () => {
    const channel = userChannel.of(randomUUID());
    const [before, foreign] = [await one.broker.position(channel), one.counters.foreign];
    for (const text of ['a', 'b', 'c', 'd']) await one.broker.publish(message(channel, text));
    await raw.lset(`herald:0:{${channel.name}}:history`, 2, 'x');
    expect(texts((await one.broker.history(channel, before.offset)).publications)).toEqual(['d']);
    await raw.lset(`herald:0:{${channel.name}}:history`, 3, 'x');
    expect((await one.broker.history(channel, before.offset)).publications).toEqual([]);
    expect(one.counters.foreign - foreign).toBe(3);
  });

  // @abuse RED-05
  it('keep the order when the clock of Redis jumps back', async () => {
    const channel = userChannel.of(randomUUID());
    await one.broker.subscribe(channel);
    // As if the clock was a century ahead when the channel began.
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
  it('resubscribe to 5,000 channels in batches after the link was cut', async () => {
    const channels = Array.from({ length: 5_000 }, () => orgChannel.of(randomUUID()));
    const names = channels.map(({ name }) => `herald:0:{${name}}`);
    // Not all at once: on a slow machine the last would exceed the command timeout.
    for (let start = 0; start < channels.length; start += 250) {
      await Promise.all(channels.slice(start, start + 250).map((channel) => one.broker.subscribe(channel)));
    }
    const before = one.counters.interruptions;
    await raw.call('CONFIG', 'RESETSTAT');
    await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => one.counters.interruptions === before + 1);
    const counts = (await raw.call('PUBSUB', 'NUMSUB', ...names)) as (string | number)[];
    expect(counts.filter((_, index) => index % 2 === 1)).toEqual(names.map(() => 1));
    const calls = /cmdstat_subscribe:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1];
    expect(Number(calls)).toBeLessThan(30);
    for (let start = 0; start < channels.length; start += 250) {
      await Promise.all(channels.slice(start, start + 250).map((channel) => one.broker.unsubscribe(channel)));
    }
  });

  it('give every key in Redis an expiry, except the generation', async () => {
    await one.broker.publish(message(userChannel.of('expiring'), 'a', 'key'));
    await one.broker.position(userChannel.of('idle'));
    expect(await one.broker.generation()).toBe(await two.broker.generation());
    const keys = (await raw.keys('*')).filter((key) => key !== 'herald:0:generation');
    const ttls = await Promise.all(keys.map((key) => raw.ttl(key)));
    expect(keys.length).toBeGreaterThanOrEqual(3);
    expect(Math.min(...ttls)).toBeGreaterThan(0);
    expect(keys.every((key) => key.startsWith('herald:0:{'))).toBe(true);
  });

  it('fail at once while Redis is down, and reconnect to it', async () => {
    const channel = userChannel.of(randomUUID());
    await one.broker.subscribe(channel);
    const { interruptions } = one.counters;
    await redis.kill();
    await until(() => !one.broker.isConnected());
    await expect(one.broker.publish(message(channel, 'lost'))).rejects.toThrow('redis is not available');
    await expect(one.broker.subscribe(userChannel.of('new'))).rejects.toThrow('redis is not available');
    await redis.start();
    await until(() => one.broker.isConnected());
    await until(() => one.counters.interruptions === interruptions + 1);
    await one.broker.publish(message(channel, 'found again'));
    await until(() => one.received.length === 1);
  });

  it('keep a subscription that was requested again while Redis was down', async () => {
    const channel = userChannel.of(randomUUID());
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
  it('share no channel, history or idempotency key across deployments with another REDIS_DB', async () => {
    const other = await processOver(redis, { REDIS_DB: '1' });
    const channel = userChannel.of('in both');
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
