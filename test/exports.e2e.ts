import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getQueueToken } from '@nestjs/bullmq';
import { Job, type Queue } from 'bullmq';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Environment } from '../src/config/environment.js';
import { EXPORT_QUEUE } from '../src/exports/export-queue.js';
import { ExportFiles } from '../src/exports/export-files.js';
import { ExportUpkeep } from '../src/exports/export-upkeep.js';
import { Export, type ExportStatus } from '../src/exports/export.entity.js';
import { ExportsProcessor } from '../src/exports/exports.processor.js';
import { ExportsService } from '../src/exports/exports.service.js';
import { RETENTION_QUEUE } from '../src/notifications/retention-queue.js';
import { Resource } from '../src/resources/resource.entity.js';
import type { ApiAnswer, ApiClient } from './support/api-client.js';
import { herald, type Herald } from './support/herald.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

const MANY = 450;

let node: Herald;
let alice: ApiClient;
let org: string;
let queue: Queue;
let notifications: TestClient;

beforeAll(async () => {
  node = await herald({}, { embedded: true });
  queue = node.app.get<Queue>(getQueueToken(EXPORT_QUEUE));
  alice = await node.api('alice');
});

beforeEach(async () => {
  org = (await alice.post('/orgs', { name: 'Acme' })).body.id;
  notifications = await connect(`${node.wsUrl}/ws/notifications/`, { token: await node.tokenFor('alice') });
  expect(await notifications.next()).toMatchObject({ type: 'connection.established' });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await closeAllClients();
});

afterAll(() => node.stop());

async function requested(format = 'csv'): Promise<string> {
  const { status, body } = await alice.post(`/orgs/${org}/exports`, { format });
  expect(status).toBe(202);
  return body.id;
}

/** Requests the path that an `action_url` names. */
function download(actionUrl: string, client = alice): Promise<ApiAnswer> {
  return client.get(actionUrl.replace('/api/v1', ''));
}

/** Stores an export without a job. */
async function withoutJob(status: ExportStatus = 'queued'): Promise<string> {
  const exports = node.app.get(DataSource).getRepository(Export);
  const row = {
    id: uuidv7(),
    orgId: org,
    requestedBy: 'alice',
    format: 'csv',
    status,
    progress: 0,
    error: null,
  } as const;
  await exports.save(exports.create(row));
  return row.id;
}

describe('an export', () => {
  it('is queued and written, and its requester is notified and downloads it', async () => {
    await alice.post(`/orgs/${org}/resources`, { name: 'Q3, "final"', description: 'a\nb' });
    await alice.post(`/orgs/${org}/resources`, { name: 'Plan', sensitivity: 'confidential' });
    const { status, body } = await alice.post(`/orgs/${org}/exports`, { format: 'csv' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ id: expect.any(String), status: 'queued', progress: 0, action_url: null });
    const actionUrl = `/api/v1/orgs/${org}/exports/${body.id}/download`;
    expect(await notifications.next()).toMatchObject({
      type: 'notification',
      notification: {
        title: expect.any(String),
        type: 'task.completed',
        task_id: body.id,
        task_name: expect.any(String),
        action_url: actionUrl,
      },
    });
    const { body: state } = await alice.get(`/orgs/${org}/exports/${body.id}`);
    expect(state).toMatchObject({ id: body.id, status: 'completed', progress: 100, action_url: actionUrl });
    const file = await download(actionUrl);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toContain('text/csv');
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="export-${body.id}.csv"`);
    expect(file.headers.get('content-length')).toBe(String(Buffer.byteLength(file.body)));
    const lines = file.body.split('\n');
    expect(lines[0]).toBe('id,name,sensitivity,description,created_at,updated_at');
    expect(file.body).toContain(',"Q3, ""final""",normal,"a\nb",');
    expect(file.body).toContain(',Plan,confidential,,');
  });

  it('is written as JSON on request, complete over many batches', async () => {
    const resources = node.app.get(DataSource).getRepository(Resource);
    const rows = Array.from({ length: MANY }, (_, number) => ({
      id: uuidv7(),
      orgId: org,
      name: `=Resource ${number}`,
      sensitivity: 'normal' as const,
      description: null,
    }));
    await resources.createQueryBuilder().insert().values(rows).callListeners(false).execute();
    const progress = jest.spyOn(Job.prototype, 'updateProgress');
    const id = await requested('json');
    expect(await notifications.next()).toMatchObject({ notification: { type: 'task.completed', task_id: id } });
    const file = await download(`/orgs/${org}/exports/${id}/download`);
    expect(file.headers.get('content-type')).toContain('application/json');
    expect(file.body.map(({ name }: { name: string }) => name)).toEqual(rows.map(({ name }) => name));
    expect(progress.mock.calls.flat()).toEqual([44, 88, 99]);
  });

  // @abuse JOB-01
  it('notifies once if its job runs twice', async () => {
    const id = await requested();
    expect(await notifications.next()).toMatchObject({ notification: { task_id: id } });
    await queue.add('export', { export_id: id }, { jobId: `again-${id}` });
    const next = await requested();
    expect(await notifications.next()).toMatchObject({ notification: { task_id: next } });
  });

  it('is taken over within 25 s of its worker’s death', () => {
    const { lockDuration = 0, stalledInterval = 0 } = node.app.get(ExportsProcessor).worker.opts;
    expect(lockDuration).toBeGreaterThan(0);
    // By the second stalled check after its lock has expired.
    expect(lockDuration + 2 * stalledInterval).toBeLessThanOrEqual(25_000);
  });

  it('is retried after a failed run', async () => {
    jest.spyOn(node.app.get(ExportFiles), 'write').mockRejectedValueOnce(new Error('disk full'));
    const id = await requested();
    expect(await notifications.next(10_000)).toMatchObject({ notification: { type: 'task.completed', task_id: id } });
  });

  it('fails for good after its last attempt, and the requester is notified without internal details', async () => {
    const { exportsDir } = node.app.get(Environment);
    await mkdir(exportsDir, { recursive: true });
    const id = await withoutJob();
    await mkdir(join(exportsDir, `${id}.csv`));
    await queue.add('export', { export_id: id }, { jobId: id, attempts: 1 });
    const { notification } = await notifications.next();
    expect(notification).toMatchObject({ type: 'task.failed', task_id: id, error: expect.any(String) });
    expect(JSON.stringify(notification)).not.toContain(exportsDir);
    const state = await alice.get(`/orgs/${org}/exports/${id}`);
    expect(state.body).toMatchObject({ status: 'failed', action_url: null, error: expect.any(String) });
    expect((await alice.get(`/orgs/${org}/exports/${id}/download`)).status).toBe(404);
    expect((await readdir(exportsDir)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('is refused with 503 and removed if the queue is down', async () => {
    jest.spyOn(queue, 'add').mockRejectedValueOnce(new Error('connection lost'));
    const { status, body } = await alice.post(`/orgs/${org}/exports`, { format: 'csv' });
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('connection lost');
    expect(await node.app.get(DataSource).getRepository(Export).countBy({ orgId: org })).toBe(0);
  });

  it.each(['queued', 'running'] as const)(
    'that was left %s without a job is resumed once, even by concurrent upkeep runs',
    async (status) => {
      const id = await withoutJob(status);
      await Promise.all([1, 2].map(() => node.app.get(ExportUpkeep).resume()));
      expect(await notifications.next()).toMatchObject({ notification: { type: 'task.completed', task_id: id } });
      const next = await requested();
      expect(await notifications.next()).toMatchObject({ notification: { task_id: next } });
    },
  );

  it('whose job failed silently is reported as failed', async () => {
    const mute = jest.spyOn(node.app.get(ExportsService), 'fail').mockRejectedValueOnce(new Error('connection lost'));
    jest.spyOn(node.app.get(ExportFiles), 'write').mockRejectedValueOnce(new Error('disk full'));
    const id = await withoutJob();
    await queue.add('export', { export_id: id }, { jobId: id, attempts: 1 });
    await until(() => mute.mock.calls.length === 1);
    await node.app.get(ExportUpkeep).resume();
    expect(await notifications.next()).toMatchObject({ notification: { type: 'task.failed', task_id: id } });
  });

  // @abuse JOB-07, JOB-13
  it('has a job with its own UUID, which is kept for a limited time', async () => {
    const id = await requested();
    await notifications.next();
    expect(await queue.getJob(id)).toMatchObject({
      id,
      data: { export_id: id },
      opts: { removeOnComplete: { age: 86_400, count: 1_000 }, removeOnFail: { age: 604_800, count: 1_000 } },
    });
    const [schedule] = await node.app.get<Queue>(getQueueToken(RETENTION_QUEUE)).getJobSchedulers();
    expect(schedule?.template?.opts).toEqual({ removeOnComplete: true, removeOnFail: 10 });
  });

  // @abuse JOB-09
  it('is committed before its job is added', async () => {
    const rows = node.app.get(DataSource).getRepository(Export);
    const add = queue.add.bind(queue);
    const found: boolean[] = [];
    jest.spyOn(queue, 'add').mockImplementation(async (name, data, options) => {
      found.push(await rows.existsBy({ id: (data as { export_id: string }).export_id }));
      return add(name, data, options);
    });
    for (let count = 0; count < 2; count += 1) {
      const id = await requested();
      expect(await notifications.next()).toMatchObject({ notification: { task_id: id } });
    }
    expect(found).toEqual([true, true]);
  });

  it.each([null, 5, 'text', [], { export_id: 7 }, { export_id: 'no UUID' }])(
    // @abuse JOB-11
    'whose job carries %j instead of its id fails at once without a retry',
    async (data) => {
      const job = await queue.add('export', data, { attempts: 5, backoff: { type: 'fixed', delay: 1 } });
      await until(async () => (await job.getState()) === 'failed');
      expect(await queue.getJob(String(job.id))).toMatchObject({
        attemptsMade: 1,
        failedReason: 'The data of an export job takes an export_id that is a UUID',
      });
    },
  );

  it('with invalid job data or a deleted row does not affect other exports', async () => {
    await queue.add('export', { nonsense: true }, { attempts: 1 });
    await queue.add('export', { export_id: uuidv7() });
    const id = await requested();
    expect(await notifications.next()).toMatchObject({ notification: { task_id: id } });
  });

  it('is visible to its requester only', async () => {
    await alice.post(`/orgs/${org}/members`, { user_id: 'bob', role: 'owner' });
    const id = await requested();
    expect(await notifications.next()).toMatchObject({ notification: { task_id: id } });
    const bob = await node.api('bob');
    expect((await bob.get(`/orgs/${org}/exports/${id}`)).status).toBe(404);
    expect((await bob.get(`/orgs/${org}/exports/${id}/download`)).status).toBe(404);
    const unknown = await bob.get(`/orgs/${org}/exports/${uuidv7()}`);
    expect(unknown.status).toBe(404);
    expect((await alice.delete(`/orgs/${org}/members/alice`)).status).toBe(204);
    expect((await alice.get(`/orgs/${org}/exports/${id}/download`)).status).toBe(404);
  });

  it('has no download until it is completed, and returns 404 if its file is gone', async () => {
    const waiting = await withoutJob();
    expect((await alice.get(`/orgs/${org}/exports/${waiting}/download`)).status).toBe(404);
    // Otherwise the upkeep runs it at some time.
    await node.app.get(DataSource).getRepository(Export).delete({ id: waiting });
    const id = await requested();
    await notifications.next();
    const row = await node.app.get(DataSource).getRepository(Export).findOneByOrFail({ id });
    await node.app.get(ExportFiles).remove(row);
    const answer = await alice.get(`/orgs/${org}/exports/${id}/download`);
    expect(answer).toMatchObject({ status: 404, body: { status: 404 } });
    expect(answer.headers.get('content-disposition')).toBeNull();
  });

  it.each([{}, { format: 'xml' }, { format: 1 }, { format: 'csv', rows: 5 }])('is refused for %j', async (body) => {
    const answer = await alice.post(`/orgs/${org}/exports`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe('rows' in body ? 'rows' : 'format');
  });
});

describe('the export folder', () => {
  const HOUR_MS = 3_600_000;

  /** Creates a file that was last modified this long ago. */
  async function leave(name: string, ageMs = 0): Promise<string> {
    const { exportsDir } = node.app.get(Environment);
    await mkdir(exportsDir, { recursive: true });
    await writeFile(join(exportsDir, name), '');
    const then = new Date(Date.now() - ageMs);
    await utimes(join(exportsDir, name), then, then);
    return name;
  }

  /** Sweeps twice at once, and returns the files that are left. */
  async function swept(names: string[]): Promise<string[]> {
    await Promise.all([1, 2].map(() => node.app.get(ExportUpkeep).sweep()));
    const left = await readdir(node.app.get(Environment).exportsDir);
    return names.filter((name) => left.includes(name));
  }

  it('loses the files of a deleted organization at the next sweep', async () => {
    const id = await requested();
    expect(await notifications.next()).toMatchObject({ notification: { task_id: id } });
    expect(await swept([`${id}.csv`])).toEqual([`${id}.csv`]);
    expect((await alice.delete(`/orgs/${org}`)).status).toBe(204);
    expect(await swept([`${id}.csv`])).toEqual([]);
  });

  it('loses a file a week after its export was made, and the export is deleted', async () => {
    const [old, young] = [await requested(), await requested()];
    await until(async () => (await alice.get(`/orgs/${org}/exports/${young}/download`)).status === 200);
    await until(async () => (await alice.get(`/orgs/${org}/exports/${old}/download`)).status === 200);
    jest.spyOn(node.app.get(ExportUpkeep), 'resume').mockResolvedValue();
    const waiting = await withoutJob('running');
    const age = `UPDATE exports SET updated_at = now() - make_interval(hours => $2) WHERE id = $1`;
    const dataSource = node.app.get(DataSource);
    for (const [id, hours] of [
      [old, 7 * 24 + 1],
      [waiting, 7 * 24 + 1],
      [young, 7 * 24 - 1],
    ] as const) {
      await dataSource.query(age, [id, hours]);
    }
    expect(await swept([`${old}.csv`, `${young}.csv`])).toEqual([`${young}.csv`]);
    expect((await alice.get(`/orgs/${org}/exports/${old}`)).status).toBe(404);
    expect((await alice.get(`/orgs/${org}/exports/${old}/download`)).status).toBe(404);
    expect((await alice.get(`/orgs/${org}/exports/${young}/download`)).status).toBe(200);
    expect((await alice.get(`/orgs/${org}/exports/${waiting}`)).status).toBe(200);
  });

  it('is swept of files left by failed exports, and of abandoned drafts', async () => {
    const [failed, completed] = [await withoutJob('failed'), await withoutJob('completed')];
    const names = await Promise.all([
      leave(`${failed}.csv`),
      leave(`${failed}.csv.${uuidv7()}.part`),
      leave(`${completed}.csv.${uuidv7()}.part`),
      leave(`${uuidv7()}.json.${uuidv7()}.part`),
      leave(`${uuidv7()}.json`),
    ]);
    expect(await swept(names)).toEqual([]);
  });

  it('keeps the draft of a running export, and files of any other name', async () => {
    // Keeps the upkeep from resuming the export.
    jest.spyOn(node.app.get(ExportUpkeep), 'resume').mockResolvedValue();
    const running = await withoutJob('running');
    const young = await leave(`${running}.csv.${uuidv7()}.part`, 23 * HOUR_MS);
    const abandoned = await leave(`${running}.csv.${uuidv7()}.part`, 25 * HOUR_MS);
    const foreign = await Promise.all(['notes.csv', '.keep', `${uuidv7()}.csv.bak`].map((name) => leave(name)));
    expect(await swept([young, abandoned, ...foreign])).toEqual([young, ...foreign]);
  });
});
