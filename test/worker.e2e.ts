import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Deployment, redisAt } from './support/deployment.js';
import { ExportUser } from './support/export-user.js';
import { HeraldProcess } from './support/herald-process.js';
import { postgresDatabase, type RedisServer, startRedis } from './support/servers.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { until } from './support/until.js';
import { closeAllClients } from './support/ws-client.js';

const RESOURCES = 450;
const SECOND_BATCH = '"id" > $2';
/** In the transaction that ends the export and tells of it. */
const END_OF_EXPORT = 'completed';
/** Its locks end after 1.5 s, and its event loop can be blocked. */
const BLOCKABLE = { NODE_OPTIONS: `--import ${new URL('support/blockable-worker.mjs', import.meta.url).href}` };

let redis: RedisServer;
let database: TcpProxy;
let exportsDir: string;
let deployment: Deployment;
let user: ExportUser;
const workers: HeraldProcess[] = [];

beforeEach(async () => {
  redis = await startRedis();
  exportsDir = await mkdtemp(join(tmpdir(), 'herald-exports-'));
  const databaseUrl = await postgresDatabase();
  const { hostname, port } = new URL(databaseUrl);
  database = await TcpProxy.start({ host: hostname, port: Number(port) });
  const variables = { ...redisAt(redis), EXPORTS_DIR: exportsDir };
  deployment = await Deployment.start({ nodes: [variables, variables], databaseUrl });
  user = await ExportUser.of(deployment, exportsDir, RESOURCES);
});
afterEach(async () => {
  await closeAllClients();
  await Promise.all(workers.splice(0).map((worker) => worker.end('SIGKILL')));
  await deployment.stop();
  await Promise.all([database.stop(), redis.stop()]);
  await rm(exportsDir, { recursive: true });
});

/** Starts a worker, which reaches its database through the proxy. */
async function startWorker(variables: Record<string, string> = {}): Promise<HeraldProcess> {
  const databaseUrl = new URL(deployment.variables.DATABASE_URL ?? '');
  databaseUrl.host = `${database.host}:${database.port}`;
  const worker = await HeraldProcess.spawn('worker.js', {
    ...deployment.variables,
    ...redisAt(redis),
    EXPORTS_DIR: exportsDir,
    RUN_JOBS: 'true',
    DATABASE_URL: databaseUrl.href,
    ...variables,
  });
  workers.push(worker);
  await worker.says('processing jobs');
  return worker;
}

/** Lets the worker begin an export, and get no answer any more when it says this to Postgres. */
async function heldAt(statement: string): Promise<string> {
  const isHeld = database.muteOn(statement);
  const id = await user.request();
  await isHeld;
  return id;
}

/** The same when it asks for its second batch of resources. */
async function heldHalfWay(): Promise<string> {
  const id = await heldAt(SECOND_BATCH);
  expect(await user.state(id)).toEqual(expect.objectContaining({ status: 'running', progress: 44 }));
  return id;
}

/** Blocks the event loop of a worker that is held at this, until it may go on. */
async function blockedAt(
  statement: string,
): Promise<{ id: string; blocked: HeraldProcess; goOn: () => Promise<void> }> {
  const blockedBy = join(exportsDir, 'blocked');
  const blocked = await startWorker({ ...BLOCKABLE, BLOCKED_BY: blockedBy });
  const id = await heldAt(statement);
  await writeFile(blockedBy, '');
  process.kill(blocked.pid, 'SIGUSR2');
  await blocked.says('blocked');
  const goOn = async (): Promise<void> => {
    await rm(blockedBy);
    await blocked.says('goes on');
  };
  return { id, blocked, goOn };
}

describe('a worker', () => {
  it('runs what nodes with RUN_JOBS=false only queue, tells the user, and listens nowhere', async () => {
    const id = await user.request();
    const marker = await user.request();
    expect(await user.state(id)).toMatchObject({ status: 'queued', progress: 0 });
    const worker = await startWorker();
    await user.ended([id, marker], 10_000);
    await user.expectCompleted([id, marker]);
    expect(await worker.listeningPorts()).toEqual([]);
    expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('is asked to end, and finishes the job in hand before', async () => {
    const worker = await startWorker();
    const id = await heldHalfWay();
    const exit = worker.end('SIGTERM');
    await worker.says('; draining');
    database.heal();
    expect(await exit).toEqual({ code: 0, signal: null });
    await user.ended([id], 1_000);
    await user.expectCompleted([id]);
  });

  // @abuse JOB-01
  it('is asked to end, and after the grace gives the job in hand to another one, which need not wait', async () => {
    const worker = await startWorker({ SHUTDOWN_GRACE_MS: '500' });
    const id = await heldHalfWay();
    await startWorker();
    const exit = worker.end('SIGTERM');
    await user.ended([id], 4_000);
    await user.expectCompleted([id]);
    // Its own run ends with an error of its own, which disturbs nobody.
    database.heal();
    expect(await exit).toEqual({ code: 0, signal: null });
    await user.expectCompleted([id]);
  });

  // @abuse JOB-01
  it('whose event loop is blocked half-way goes on when another one has made the export, and changes nothing', async () => {
    const { id, blocked, goOn } = await blockedAt(SECOND_BATCH);
    await startWorker(BLOCKABLE);
    database.heal();
    await user.ended([id], 10_000);
    await goOn();
    const later = await user.request();
    await user.ended([id, later], 10_000);
    expect(await blocked.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await user.expectCompleted([id, later]);
  });

  // @abuse JOB-01
  it('whose event loop is blocked while it tells of the end has told once, though another one has its job', async () => {
    const { id, blocked, goOn } = await blockedAt(END_OF_EXPORT);
    const isTaken = database.hears('UPDATE "exports"');
    await startWorker(BLOCKABLE);
    await isTaken;
    database.heal();
    await goOn();
    await user.ended([id], 10_000);
    expect(await blocked.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await user.expectCompleted([id]);
  });

  // @abuse JOB-03
  it('tells once, and only after its last attempt, that an export can’t be made, and does others meanwhile', async () => {
    const id = await user.request();
    await mkdir(join(exportsDir, `${id}.csv`));
    await startWorker();
    await until(async () => (await user.state(id)).status === 'running');
    const other = await user.request();
    await until(async () => (await user.state(other)).status === 'completed');
    expect(await user.state(id)).toMatchObject({ status: 'running' });
    await user.ended([id, other], 25_000);
    await user.expectOutcomes({ [id]: 'task.failed', [other]: 'task.completed' });
    expect(await user.state(id)).toMatchObject({ status: 'failed', action_url: null, error: expect.any(String) });
  });
});

describe('a server', () => {
  it('listens on its port, as the system sees it', async () => {
    const server = await HeraldProcess.spawn('main.js', { ...deployment.variables, ...redisAt(redis) });
    workers.push(server);
    await server.ready();
    expect(await server.listeningPorts()).toEqual([Number(new URL(server.url).port)]);
  });
});
