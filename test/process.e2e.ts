import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { HeraldProcess } from './support/herald-process.js';
import { RawClient } from './support/raw-client.js';
import { postgresDatabase } from './support/servers.js';
import { closeAllClients } from './support/ws-client.js';

let dataDir: string;
const started: HeraldProcess[] = [];

beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'herald-process-'))));
afterEach(async () => {
  await closeAllClients();
  await Promise.all(started.splice(0).map((each) => each.end('SIGKILL')));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function start(
  variables: Record<string, string> = {},
  program = 'main.js',
  stdout?: number,
): Promise<HeraldProcess> {
  const process = await HeraldProcess.spawn(program, { DATA_DIR: dataDir, ...variables }, [], stdout);
  started.push(process);
  return process;
}

describe('a process without any configuration', () => {
  it('serves, explains how to try it, drains on SIGTERM, keeps its data and tokens, and locks them against other processes', async () => {
    // The entry point of `npm start`.
    const first = await (await start({}, '../main.js')).ready();
    expect(first.output).toContain('npx wscat -c "ws://localhost:');
    const token = await first.tokenFor('alice');
    const created = await new ApiClient(first.url, token).post('/orgs', { name: 'Kept' });
    expect(created.status).toBe(201);
    const client = await first.join('/ws/notifications/', token);
    const ended = first.end('SIGTERM');
    expect(await client.closed()).toEqual({ code: 1012, reason: 'restarting' });
    // Still answers after all its clients have been disconnected.
    const [answer, upgrade] = await Promise.all([
      fetch(`${first.url}/health/ready`),
      fetch(`${first.url}/ws/notifications/`),
    ]);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'draining', dependencies: {} }]);
    expect(upgrade.status).toBe(426);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(first.output).not.toContain(token.slice(0, 20));

    const second = await (await start({}, '../main.js')).ready();
    const { body } = await new ApiClient(second.url, token).get('/orgs');
    expect(body).toMatchObject({ items: [{ name: 'Kept' }] });
    const third = await start();
    expect(await third.exit()).toMatchObject({ code: 1 });
    expect(third.output).toContain(`in use by the process with pid ${second.pid}. Stop it, or set DATA_DIR`);
    expect(third.output).not.toContain('    at ');
    expect(await second.end('SIGHUP')).toEqual({ code: 0, signal: null });
    expect(second.output).toContain('received SIGHUP');
  });
});

describe('a process that receives a signal', () => {
  let disk: FileHandle;

  beforeEach(async () => void (disk = await open('/dev/full', 'w')));
  afterEach(() => disk.close());

  it('exits in time despite an idle connection, a full disk for its log, and a repeated signal', async () => {
    const variables = { DATABASE_URL: await postgresDatabase(), LOG_LEVEL: 'trace', SHUTDOWN_GRACE_MS: '500' };
    const process = await (await start(variables, 'main.js', disk.fd)).ready();
    // A full disk only loses log lines.
    for (let n = 0; n < 5; n += 1) expect((await fetch(`${process.url}/api/v1/orgs`)).status).toBe(401);
    const silent = await RawClient.open(Number(new URL(process.url).port));
    const [exit] = await Promise.all([process.end('SIGINT'), process.end('SIGINT')]);
    expect(exit).toEqual({ code: 0, signal: null });
    await silent.ended();
    expect(process.output).toContain('received SIGINT');
    expect(process.output).not.toContain('ENOSPC');
  });
});

describe('a process with invalid variables', () => {
  it('does not start, and lists every problem', async () => {
    const process = await start({ PORT: 'http', REDIS_PORT: '0', DATABASE_URL: 'mysql://secret@x', LOG_LEVEL: 'loud' });
    expect(await process.exit()).toMatchObject({ code: 1 });
    for (const name of ['PORT: got "http"', 'REDIS_PORT: got "0"', 'DATABASE_URL: got', 'LOG_LEVEL: got "loud"']) {
      expect(process.output).toContain(name);
    }
    expect(process.output).not.toContain('secret');
    expect(process.output).not.toContain('    at ');
  });

  it('does not start on a port in use, and reports it without a stack', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    try {
      const port = String((holder.address() as AddressInfo).port);
      const process = await start({ DATABASE_URL: await postgresDatabase(), PORT: port });
      expect(await process.exit()).toMatchObject({ code: 1 });
      expect(process.output).toContain(`HOST, PORT: got "127.0.0.1" and "${port}", takes an address of this machine`);
      expect(process.output).not.toContain('    at ');
    } finally {
      holder.close();
    }
  });

  it.each(['/dev/null', '/proc'])('does not start if it can’t write to folders in %s', async (parent) => {
    const process = await start({ DATA_DIR: `${parent}/data`, EXPORTS_DIR: `${parent}/exports` });
    expect(await process.exit()).toMatchObject({ code: 1 });
    expect(process.output).toContain(`DATA_DIR: got "${parent}/data"`);
    expect(process.output).toContain(`EXPORTS_DIR: got "${parent}/exports"`);
  });

  it('does not start in production on embedded defaults', async () => {
    const process = await start({ NODE_ENV: 'production' });
    expect(await process.exit()).toMatchObject({ code: 1 });
    for (const name of ['DATABASE_URL', 'REDIS_HOST', 'KEYCLOAK_URL', 'JWT_AUDIENCE'])
      expect(process.output).toContain(name);
  });
});
