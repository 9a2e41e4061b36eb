import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { redisAt } from './support/deployment.js';
import { HeraldProcess } from './support/herald-process.js';
import type { Variables } from './support/herald.js';
import { emptyDatabase, type RedisServer, startRedis } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';

/** Makes a process print outside its log on SIGUSR2, as libraries do. */
const PRINTS_ON_SIGNAL =
  `--import=data:text/javascript,process.on('SIGUSR2',()=>` +
  `{console.warn('of%20a%20%25s',{library:1});process.emitWarning('of%20Node')})`;

let redis: RedisServer;
let variables: Variables;

beforeAll(async () => {
  redis = await startRedis();
  variables = { LOG_FORMAT: 'json', LOG_LEVEL: 'debug', DATABASE_URL: await emptyDatabase(), ...redisAt(redis) };
});
afterAll(() => redis.stop());

/** Returns the messages; fails on the first line that is not a JSON object. */
function messagesOf({ output }: HeraldProcess): string[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    expect(line).toMatch(/^\{.*\}$/);
    return (JSON.parse(line) as { msg: string }).msg;
  });
}

async function childrenOf({ pid }: HeraldProcess): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

describe('with LOG_FORMAT=json every line is a JSON object', () => {
  it('from server processes, through migrations, a crash and shutdown', async () => {
    const herald = await HeraldProcess.spawn('main.js', { ...variables, WEB_CONCURRENCY: '2' });
    try {
      await herald.says('Herald serves on');
      const [first = 0] = await childrenOf(herald);
      process.kill(first, 'SIGKILL');
      await herald.says('starting a replacement');
      expect(await herald.end('SIGTERM')).toMatchObject({ code: 0 });
    } finally {
      await herald.end('SIGKILL');
    }
    const messages = messagesOf(herald);
    expect(messages).toContainEqual(expect.stringMatching(/^Applied InitialSchema/));
    expect(messages).toContain(`Herald serves on ${herald.url.replace('127.0.0.1', 'localhost')}`);
    expect(messages).toContainEqual(expect.stringContaining('SIGTERM'));
  });

  it('from a worker, and from what libraries and Node print', async () => {
    const worker = await HeraldProcess.spawn('worker.js', { ...variables, NODE_OPTIONS: PRINTS_ON_SIGNAL });
    try {
      await worker.says('Herald worker: processing jobs');
      process.kill(worker.pid, 'SIGUSR2');
      await worker.says('of Node');
      expect(await worker.end('SIGTERM')).toMatchObject({ code: 0 });
    } finally {
      await worker.end('SIGKILL');
    }
    expect(messagesOf(worker)).toEqual(expect.arrayContaining(['of a { library: 1 }', 'Warning: of Node']));
  });

  it('from the migration command', async () => {
    const migrations = await HeraldProcess.spawn('run-migrations.js', {
      ...variables,
      DATABASE_URL: await emptyDatabase(),
    });
    expect(await migrations.exit()).toMatchObject({ code: 0 });
    expect(messagesOf(migrations)).toContainEqual(expect.stringMatching(/^Applied InitialSchema/));
  });

  it.each<[string, Variables, string]>([
    ['a variable is invalid', { PORT: 'http' }, 'PORT: got "http"'],
    ['the folder can’t be written to', { DATA_DIR: '/proc/data' }, 'DATA_DIR: got "/proc/data"'],
  ])('from a start that fails because %s', async (_title, wrong, why) => {
    const herald = await HeraldProcess.spawn('main.js', { LOG_FORMAT: 'json', ...wrong });
    await until(() => herald.exit().then(({ code }) => code === 1));
    expect(messagesOf(herald)).toEqual([expect.stringContaining(why)]);
  });
});
