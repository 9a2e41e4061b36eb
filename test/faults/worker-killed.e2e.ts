import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { Timings } from '../../src/config/environment.js';
import { MOST_DEATHS } from '../../src/jobs/takeover.js';
import { redisAt } from '../support/deployment.js';
import { ExportUser } from '../support/export-user.js';
import { herald, type Herald, type Variables } from '../support/herald.js';
import { BLOCKABLE_WORKER, HeraldProcess } from '../support/herald-process.js';
import { postgresDatabase } from '../support/servers.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { startWorker } from '../support/worker.js';
import { closeAllClients } from '../support/ws-client.js';

const RESOURCES = 450;
/** More than the randomly killed workers complete, but no more than a page of the inbox. */
const EXPORTS = 60;
const TAKEN_OVER_MS = 30_000;
const seed = Number(process.env.WORKER_SEED ?? randomInt(2 ** 31));

let redisLink: TcpProxy;
let databaseLink: TcpProxy;
let client: Redis;
let node: Herald;
let user: ExportUser;
/** Variables with which a worker reaches Redis and Postgres through the links. */
let links: Variables;
const workers: INestApplicationContext[] = [];
const victims: HeraldProcess[] = [];

beforeAll(async () => {
  const databaseUrl = new URL(await postgresDatabase());
  node = await herald({ RUN_JOBS: 'false', LOG_LEVEL: 'silent', DATABASE_URL: databaseUrl.href });
  client = new Redis(node.redis.url);
  redisLink = await TcpProxy.start(node.redis);
  databaseLink = await TcpProxy.start({ host: databaseUrl.hostname, port: Number(databaseUrl.port) });
  databaseUrl.host = `${databaseLink.host}:${databaseLink.port}`;
  links = { ...redisAt(redisLink), DATABASE_URL: databaseUrl.href };
});
afterAll(async () => {
  client.disconnect();
  await node.stop();
  await Promise.all([redisLink.stop(), databaseLink.stop()]);
});

beforeEach(async () => void (user = await ExportUser.of(node, RESOURCES)));
afterEach(async () => {
  await closeAllClients();
  await Promise.all(victims.splice(0).map((victim) => victim.end('SIGKILL')));
  redisLink.heal();
  databaseLink.heal();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await user.deleteFiles();
});

async function startVictim(): Promise<HeraldProcess> {
  const variables = { ...node.variables, ...links, RUN_JOBS: 'true' };
  const victim = await HeraldProcess.spawn(BLOCKABLE_WORKER, variables);
  victims.push(victim);
  return victim;
}

/** Runs in this process, because no test kills it. */
async function startSurvivor(variables: Variables = {}, timings: Partial<Timings> = {}): Promise<void> {
  workers.push(await startWorker({ ...node.variables, ...variables }, timings));
}

/** Requests an export whose run gets no more answers from Postgres once it has sent this statement. */
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

describe('the exports of a killed worker', () => {
  it('are completed by another one, and notified once, wherever they were', async () => {
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
    expect((await readdir(user.exportsDir)).filter((name) => name.endsWith('.part'))).toHaveLength(2);
    expect(await readdir(user.exportsDir)).toContain(`${String(ids[2])}.csv`);

    await startSurvivor();
    await user.ended(ids, TAKEN_OVER_MS);
    await user.expectCompleted(ids);
  });

  it('fail, with a notification, if too many workers have died of them', async () => {
    const victim = await startVictim();
    await victim.says('processing jobs');
    const id = await heldAt(FURTHER_ROWS);
    // As if that many workers had already died of it.
    await client.hset(`{bull}:exports:${id}`, 'stc', MOST_DEATHS);
    await victim.end('SIGKILL');

    await startSurvivor();
    await user.ended([id], TAKEN_OVER_MS);
    await user.expectToldOnce([id], 'task.failed');
    expect(await user.state(id)).toMatchObject({ status: 'failed', action_url: null, error: expect.any(String) });
    await until(async () => (await readdir(user.exportsDir)).length === 0);
  });

  it(
    // @abuse JOB-02
    `are completed and notified once, whenever it dies (WORKER_SEED=${seed})`,
    async () => {
      const ids: string[] = [];
      for (let n = 0; n < EXPORTS; n += 1) ids.push(await user.request());
      // Counts requests to Postgres since a worker began its first export; four exports take about 90.
      const moments = fc.sample(fc.integer({ min: 1, max: 300 }), { seed, numRuns: 3 });
      for (const moment of moments) {
        const hasBegun = databaseLink.hears('UPDATE "exports"');
        const victim = await startVictim();
        await hasBegun;
        await databaseLink.requests(moment);
        await victim.end('SIGKILL');
      }
      await startSurvivor();
      await user.ended(ids, TAKEN_OVER_MS);
      await user.expectCompleted(ids);
    },
  );
});

describe('an export whose job was lost with Redis’s data', () => {
  // @abuse JOB-12
  it('runs in the next worker that starts', async () => {
    const id = await user.request();
    await client.flushall();
    await startSurvivor();
    await user.ended([id], 20_000);
    await user.expectCompleted([id]);
  });

  it('runs in a worker that was running all the time', async () => {
    await startSurvivor(redisAt(redisLink), { exportUpkeepMs: 500 });
    const first = await user.request();
    await user.ended([first], 10_000);
    redisLink.blackHole();
    const id = await user.request();
    await client.flushall();
    redisLink.heal();
    await user.ended([id], TAKEN_OVER_MS);
    await user.expectCompleted([first, id]);
  });
});
