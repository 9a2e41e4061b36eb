import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Registry } from 'prom-client';
import { Environment } from '../src/config/environment.js';
import { MemoryThrottlerStorage } from '../src/http/rate-limit/memory-throttler-storage.js';
import { RedisThrottlerStorage } from '../src/http/rate-limit/redis-throttler-storage.js';
import { type RedisServer, startCluster, startRedis } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';

const SHORT_WINDOW_MS = 3_000;
const LIMIT = 3;

interface Opened {
  storage: ThrottlerStorage;
  registry: Registry;
  stop: () => Promise<void>;
}

const STORAGES: Record<string, () => Promise<Opened>> = {
  'the process': () =>
    Promise.resolve({
      storage: new MemoryThrottlerStorage(),
      registry: new Registry(),
      stop: () => Promise.resolve(),
    }),
  Redis: async () => openRedis(await startRedis()),
  'a Redis Cluster': async () => {
    const cluster = await startCluster(3);
    return open({ REDIS_CLUSTER_NODES: cluster.nodes }, cluster);
  },
};

function openRedis(server: RedisServer, commandTimeoutMs?: number): Promise<Opened> {
  return open({ REDIS_HOST: server.host, REDIS_PORT: String(server.port) }, server, commandTimeoutMs);
}

/** Longer than Redis ever takes, even on a busy machine. */
const PATIENT_MS = 10_000;

async function open(
  variables: Record<string, string>,
  server: { stop: () => Promise<void> },
  commandTimeoutMs = PATIENT_MS,
): Promise<Opened> {
  const { redis } = new Environment(variables);
  if (redis === null) throw new Error('The variables name no Redis');
  const registry = new Registry();
  const storage = new RedisThrottlerStorage(redis, registry, commandTimeoutMs);
  await storage.onModuleInit();
  const stop = async (): Promise<void> => {
    storage.onApplicationShutdown();
    await server.stop();
  };
  return { storage, registry, stop };
}

/** How many requests the process counted itself while Redis failed. */
async function countedLocally({ registry }: Opened): Promise<number> {
  const metric = await registry.getSingleMetric('herald_http_requests_counted_locally_total')?.get();
  return metric?.values[0]?.value ?? 0;
}

beforeAll(() => Logger.overrideLogger(false));

describe.each(Object.entries(STORAGES))('requests counted in %s', (_name, openStorage) => {
  let opened: Opened;

  beforeAll(async () => {
    opened = await openStorage();
  });
  afterAll(() => opened.stop());

  const count = (key: string, windowMs = 60_000) => opened.storage.increment(key, windowMs, LIMIT, windowMs, 'default');

  it('are blocked beyond the limit, separately for each key', async () => {
    for (const key of ['one', 'two', '__proto__']) {
      expect(await count(key)).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
      for (let n = 2; n <= LIMIT; n += 1) {
        expect(await count(key)).toMatchObject({ totalHits: n, isBlocked: false, timeToBlockExpire: 0 });
      }
      const { totalHits, isBlocked, timeToExpire, timeToBlockExpire } = await count(key);
      expect({ totalHits, isBlocked }).toEqual({ totalHits: LIMIT + 1, isBlocked: true });
      expect(timeToBlockExpire).toBe(timeToExpire);
    }
  });

  it('are each counted once when concurrent', async () => {
    const records = await Promise.all(Array.from({ length: 50 }, () => count('together')));
    expect(records.map(({ totalHits }) => totalHits).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    expect(records.filter(({ isBlocked }) => !isBlocked)).toHaveLength(LIMIT);
  });

  it('are accepted again after the reported delay, even if more were blocked in between', async () => {
    for (let n = 0; n < LIMIT; n += 1) await count('patient', SHORT_WINDOW_MS);
    const { isBlocked, timeToBlockExpire } = await count('patient', SHORT_WINDOW_MS);
    expect(isBlocked).toBe(true);
    await until(async () => !(await count('patient', SHORT_WINDOW_MS)).isBlocked, timeToBlockExpire * 1_000 + 5_000);
  });

  it('are not counted by the process itself', async () => {
    expect(await countedLocally(opened)).toBe(0);
  });
});

describe('requests counted in the process', () => {
  it('use bounded memory for any number of keys', async () => {
    const storage = new MemoryThrottlerStorage(100);
    for (let n = 0; n < 1_000; n += 1) await storage.increment(`key-${n}`, 60_000, LIMIT);
    expect(storage.size).toBe(100);
    expect((await storage.increment('key-999', 60_000, LIMIT)).totalHits).toBe(2);
  });

  it('are forgotten when their windows end', async () => {
    let now = 0;
    const storage = new MemoryThrottlerStorage(100, () => now);
    for (let n = 0; n < 50; n += 1) await storage.increment(`key-${n}`, 1_000, LIMIT);
    now = 1_000;
    await storage.increment('key-0', 1_000, LIMIT);
    expect(storage.size).toBe(1);
  });
});

describe('requests counted in a Redis that fails', () => {
  let server: RedisServer;
  let opened: Opened;

  beforeAll(async () => {
    server = await startRedis();
    opened = await openRedis(server, 250);
  });
  afterAll(() => opened.stop());

  const count = (key: string) => opened.storage.increment(key, 60_000, LIMIT, 60_000, 'default');

  it('are limited by the process while Redis hangs, and wait for it only briefly in total', async () => {
    await server.pause();
    const begin = performance.now();
    for (let n = 1; n <= LIMIT; n += 1) expect((await count('frozen')).totalHits).toBe(n);
    expect((await count('frozen')).isBlocked).toBe(true);
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(await countedLocally(opened)).toBe(LIMIT + 1);
  });

  it('are counted in Redis again once it answers', async () => {
    await server.resume();
    await until(async () => {
      const before = await countedLocally(opened);
      await count('back');
      return (await countedLocally(opened)) === before;
    });
  });
});
