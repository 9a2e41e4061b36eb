import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { ExportUser } from './support/export-user.js';
import { herald, type Herald, type Variables } from './support/herald.js';
import { BLOCKABLE_WORKER, HeraldProcess } from './support/herald-process.js';
import { listeningPorts } from './support/listening-ports.js';
import { postgresDatabase } from './support/servers.js';
import { TcpProxy } from '../src/realtime/testing/tcp-proxy.js';
import { until } from '../src/realtime/testing/until.js';
import { startWorker } from './support/worker.js';
import { closeAllClients } from './support/ws-client.js';

const RESOURCES = 450;
const SECOND_BATCH = '"id" > $2';
/** A statement in the transaction that completes the export and publishes its notification. */
const END_OF_EXPORT = 'completed';

let database: TcpProxy;
let node: Herald;
let user: ExportUser;
/** The variables of a worker that reaches its database through the proxy. */
let variables: Variables;
const workers: INestApplicationContext[] = [];
const processes: HeraldProcess[] = [];

beforeAll(async () => {
  const databaseUrl = new URL(await postgresDatabase());
  const ofNode = { RUN_JOBS: 'false', LOG_LEVEL: 'silent', DATABASE_URL: databaseUrl.href };
  node = await herald(ofNode, { timings: { exportRetryMs: 500 } });
  database = await TcpProxy.start({ host: databaseUrl.hostname, port: Number(databaseUrl.port) });
  databaseUrl.host = `${database.host}:${database.port}`;
  variables = { ...node.variables, RUN_JOBS: 'true', DATABASE_URL: databaseUrl.href };
});
afterAll(async () => {
  await node.stop();
  await database.stop();
});

beforeEach(async () => void (user = await ExportUser.of(node, RESOURCES)));
afterEach(async () => {
  await closeAllClients();
  await Promise.all(processes.splice(0).map((worker) => worker.end('SIGKILL')));
  database.heal();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await user.deleteFiles();
});

async function startProcess(further: Variables = {}, program = 'worker.js'): Promise<HeraldProcess> {
  const worker = await HeraldProcess.spawn(program, { ...variables, ...further });
  processes.push(worker);
  await worker.says('processing jobs');
  return worker;
}

/** For a worker that a test does not kill or block. */
async function startInThisProcess(): Promise<void> {
  workers.push(await startWorker(variables));
}

/** Starts an export whose worker gets no further answers from Postgres after it sends this statement. */
async function heldAt(statement: string): Promise<string> {
  const isHeld = database.muteOn(statement);
  const id = await user.request();
  await isHeld;
  return id;
}

/** Holds the worker when it requests its second batch of resources. */
async function heldHalfWay(): Promise<string> {
  const id = await heldAt(SECOND_BATCH);
  expect(await user.state(id)).toEqual(expect.objectContaining({ status: 'running', progress: 44 }));
  return id;
}

/** Holds the worker at this statement and blocks its event loop until `goOn`. */
async function blockedAt(
  statement: string,
): Promise<{ id: string; blocked: HeraldProcess; goOn: () => Promise<void> }> {
  const blockedBy = join(variables.DATA_DIR ?? '', 'blocked');
  const blocked = await startProcess({ BLOCKED_BY: blockedBy }, BLOCKABLE_WORKER);
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
  it('runs jobs queued by nodes with RUN_JOBS=false, listens on no port, and finishes its current job on shutdown', async () => {
    const ids = [await user.request(), await user.request()];
    for (const id of ids) expect(await user.state(id)).toMatchObject({ status: 'queued', progress: 0 });
    const worker = await startProcess();
    await user.ended(ids, 10_000);
    await user.expectCompleted(ids);
    expect(await worker.listeningPorts()).toEqual([]);
    ids.push(await heldHalfWay());
    const exit = worker.end('SIGTERM');
    await worker.says('; draining');
    database.heal();
    expect(await exit).toEqual({ code: 0, signal: null });
    await user.ended(ids, 10_000);
    await user.expectCompleted(ids);
  });

  // @abuse JOB-01
  it('hands its current job to another worker without delay if it outlasts the shutdown grace period', async () => {
    const worker = await startProcess({ SHUTDOWN_GRACE_MS: '500' });
    const id = await heldHalfWay();
    await startInThisProcess();
    const exit = worker.end('SIGTERM');
    await user.ended([id], 10_000);
    // Its own run then fails without side effects.
    database.heal();
    expect(await exit).toEqual({ code: 0, signal: null });
    await user.expectCompleted([id]);
  });

  // @abuse JOB-01
  it('that is blocked half-way continues after another one has completed the export, and changes nothing', async () => {
    const { id, blocked, goOn } = await blockedAt(SECOND_BATCH);
    await startInThisProcess();
    database.heal();
    await user.ended([id], 10_000);
    await goOn();
    const later = await user.request();
    await user.ended([id, later], 10_000);
    expect(await blocked.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await user.expectCompleted([id, later]);
  });

  // @abuse JOB-01
  it('that is blocked while publishing the result publishes it once, even though another one has taken its job', async () => {
    const { id, blocked, goOn } = await blockedAt(END_OF_EXPORT);
    const isTaken = database.hears('UPDATE "exports"');
    await startInThisProcess();
    await isTaken;
    database.heal();
    await goOn();
    await user.ended([id], 10_000);
    expect(await blocked.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await user.expectCompleted([id]);
  });

  // @abuse JOB-03
  it('reports a failed export once, after its last attempt, and runs other jobs between the attempts', async () => {
    const id = await user.request();
    await mkdir(join(user.exportsDir, `${id}.csv`), { recursive: true });
    await startInThisProcess();
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
  it('listens only on its port, according to the system', async () => {
    const before = await listeningPorts(process.pid);
    const another = await node.another();
    const opened = (await listeningPorts(process.pid)).filter((port) => !before.includes(port));
    expect(opened).toEqual([Number(new URL(another.url).port)]);
  });
});
