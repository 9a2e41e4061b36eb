import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { postgresDatabase, startRedis } from './servers.js';
import type { RedisServer } from './servers.js';

describe('the servers for tests', () => {
  const started: RedisServer[] = [];
  afterAll(() => Promise.all(started.map((server) => server.stop())));

  it('starts a Redis, restarts it after a crash on the same port with its data, and stops it', async () => {
    const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    started.push(server);
    const redis = new Redis(server.url);
    await redis.set('kept', 'yes');

    await server.kill();
    await server.start();

    expect(await redis.get('kept')).toBe('yes');
    redis.disconnect();
    await server.stop();
    const late = new Redis(server.url, { lazyConnect: true, retryStrategy: null });
    late.on('error', () => undefined);
    await expect(late.connect()).rejects.toThrow();
  });

  it('freezes and resumes a Redis', async () => {
    const server = await startRedis();
    started.push(server);
    const redis = new Redis(server.url);
    await redis.ping();

    await server.pause();
    let hasAnswered = false;
    const answer = redis.echo('late').then((text) => {
      hasAnswered = true;
      return text;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasAnswered).toBe(false);
    await server.resume();

    expect(await answer).toBe('late');
    redis.disconnect();
  });

  it('creates isolated Postgres databases', async () => {
    const [first, second] = await Promise.all([open(await postgresDatabase()), open(await postgresDatabase())]);
    await first.query('create table mine (id int)');

    await expect(second.query('select * from mine')).rejects.toThrow(/does not exist/);
    await first.end();
    await second.end();
  });
});

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
