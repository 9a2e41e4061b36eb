import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { TAKEOVER } from '../../src/jobs/takeover.js';
import { Deployment, redisAt } from '../support/deployment.js';
import { ExportUser } from '../support/export-user.js';
import { HeraldProcess } from '../support/herald-process.js';
import { postgresDatabase, type RedisServer, startRedis } from '../support/servers.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { closeAllClients } from '../support/ws-client.js';

const RESOURCES = 450;
/** One page of the inbox. */
const EXPORTS = 100;
/** Well under a minute. */
const TAKEN_OVER_MS = 40_000;
const TIMEOUT_MS = 90_000;
/** What is found out is where jobs are when their worker dies, and not how long that takes to be noticed. */
const SHORT_LOCKS = { NODE_OPTIONS: `--import ${new URL('../support/blockable-worker.mjs', import.meta.url).href}` };
const seed = Number(process.env.WORKER_SEED ?? randomInt(2 ** 31));

let redis: RedisServer;
let redisLink: TcpProxy;
let databaseLink: TcpProxy;
let client: Redis;
let exportsDir: string;
let deployment: Deployment;
let user: ExportUser;
const workers: HeraldProcess[] = [];

beforeEach(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
  exportsDir = await mkdtemp(join(tmpdir(), 'herald-exports-'));
  const databaseUrl = await postgresDatabase();
  const { hostname, port } = new URL(databaseUrl);
  redisLink = await TcpProxy.start(redis);
  databaseLink = await TcpProxy.start({ host: hostname, port: Number(port) });
  const variables = { ...redisAt(redis), EXPORTS_DIR: exportsDir };
  deployment = await Deployment.start({ nodes: [variables, variables], databaseUrl });
  user = await ExportUser.of(deployment, exportsDir, RESOURCES);
});
afterEach(async () => {
  await closeAllClients();
  await Promise.all(workers.splice(0).map((worker) => worker.end('SIGKILL')));
  await deployment.stop();
  client.disconnect();
  await Promise.all([redisLink.stop(), databaseLink.stop(), redis.stop()]);
  await rm(exportsDir, { recursive: true });
});

async function startWorker(variables: Record<string, string> = {}): Promise<HeraldProcess> {
  const common = { ...deployment.variables, ...redisAt(redis), EXPORTS_DIR: exportsDir, RUN_JOBS: 'true' };
  const worker = await HeraldProcess.spawn('worker.js', { ...common, ...variables });
  workers.push(worker);
  return worker;
}

/** Starts a worker that reaches Redis and Postgres through the links. */
async function startVictim(variables: Record<string, string> = {}): Promise<HeraldProcess> {
  const databaseUrl = new URL(deployment.variables.DATABASE_URL ?? '');
  databaseUrl.host = `${databaseLink.host}:${databaseLink.port}`;
  return startWorker({ ...redisAt(redisLink), DATABASE_URL: databaseUrl.href, ...variables });
}

/** Asks for an export whose run gets no answer any more when it says this to Postgres. */
async function heldAt(statement: string): Promise<string> {
  const isHeld = databaseLink.muteOn(statement);
  const id = await user.request();
  await isHeld;
  return id;
}

const FIRST_ROWS = 'FROM "resources"';
const FURTHER_ROWS = '"id" > $2';
/** The update that ends the export, once the file has its name. */
const END_OF_EXPORT = 'completed';
/** The command that ends the job in Redis. */
const END_OF_JOB = '\r\ncompleted\r\n';

describe('the exports of a worker that is killed', () => {
  it(
    'are completed by another one, and told once, wherever they were',
    async () => {
      const victim = await startVictim();
      await victim.says('processing jobs');
      const ids = [await heldAt(FIRST_ROWS), await heldAt(FURTHER_ROWS), await heldAt(END_OF_EXPORT)];
      const isCut = redisLink.cutOn(END_OF_JOB);
      ids.push(await user.request());
      await isCut;
      await victim.end('SIGKILL');
      const states = await Promise.all(ids.map((id) => user.state(id)));
      expect(states).toMatchObject([
        { status: 'running', progress: 0 },
        { status: 'running', progress: 44 },
        { status: 'running', progress: 99 },
        { status: 'completed' },
      ]);
      expect((await readdir(exportsDir)).filter((name) => name.endsWith('.part'))).toHaveLength(2);
      expect(await readdir(exportsDir)).toContain(`${String(ids[2])}.csv`);

      await startWorker();
      await user.ended(ids, TAKEN_OVER_MS);
      await user.expectCompleted(ids);
    },
    TIMEOUT_MS,
  );

  it(
    'fail, and are told to have failed, when they have outlived too many workers',
    async () => {
      const victim = await startVictim();
      await victim.says('processing jobs');
      const id = await heldAt(FURTHER_ROWS);
      // As if so many workers had died of it before.
      await client.hset(`{bull}:exports:${id}`, 'stc', TAKEOVER.maxStalledCount);
      await victim.end('SIGKILL');

      await startWorker();
      await user.ended([id], TAKEN_OVER_MS);
      await user.expectToldOnce([id], 'task.failed');
      expect(await user.state(id)).toMatchObject({ status: 'failed', action_url: null, error: expect.any(String) });
      await until(async () => (await readdir(exportsDir)).length === 0);
    },
    TIMEOUT_MS,
  );

  it(
    // @abuse JOB-02
    `are completed and told once, whenever it is (WORKER_SEED=${seed})`,
    async () => {
      const ids: string[] = [];
      for (let n = 0; n < EXPORTS; n += 1) ids.push(await user.request());
      // In what workers say to Postgres from the first export that they begin; four of them take about 150 of it.
      const moments = fc.sample(fc.integer({ min: 1, max: 600 }), { seed, numRuns: 3 });
      for (const moment of moments) {
        const hasBegun = databaseLink.hears('UPDATE "exports"');
        const victim = await startVictim(SHORT_LOCKS);
        await hasBegun;
        await databaseLink.requests(moment);
        await victim.end('SIGKILL');
      }
      await startWorker(SHORT_LOCKS);
      await user.ended(ids, TAKEN_OVER_MS);
      await user.expectCompleted(ids);
    },
    TIMEOUT_MS,
  );
});

describe('an export whose job was lost with the data of Redis', () => {
  // @abuse JOB-12
  it('runs in the next worker that starts', async () => {
    const id = await user.request();
    await client.flushall();
    await startWorker();
    await user.ended([id], 20_000);
    await user.expectCompleted([id]);
  });

  it(
    'runs in a worker that was there all the time',
    async () => {
      const worker = await startWorker();
      const first = await user.request();
      await user.ended([first], 10_000);
      worker.pause();
      const id = await user.request();
      await client.flushall();
      worker.resume();
      await user.ended([id], TAKEN_OVER_MS);
      await user.expectCompleted([first, id]);
    },
    TIMEOUT_MS,
  );
});
