import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresDatabase, type RedisServer, startRedis } from './support/servers.js';
import { closeAllClients, connect, type TestClient } from './support/ws-client.js';

const run = promisify(execFile);
const TOKEN = 'ann:open sesame';

/** The application of `test/bare-app`, in a folder that knows nothing of Herald but its package. */
let folder: string;
let redis: RedisServer | undefined;
const processes: ChildProcess[] = [];
/** Two nodes with one Redis and one database. */
let one: number;
let two: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bare-app-'));
  await cp(join(import.meta.dirname, 'bare-app'), folder, { recursive: true });
  await rename(join(folder, 'tsconfig.app.json'), join(folder, 'tsconfig.json'));
  const { stdout } = await run('npm', ['pack', '-w', 'src/realtime', '--pack-destination', folder, '--silent']);
  await rename(join(folder, stdout.trim()), join(folder, 'herald-realtime.tgz'));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
  await run(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: folder });
  const [server, databaseUrl] = await Promise.all([startRedis(), database()]);
  redis = server;
  one = await start(databaseUrl);
  two = await start(databaseUrl);
}, 300_000);
afterEach(closeAllClients);
afterAll(async () => {
  for (const child of processes.splice(0)) {
    child.kill();
    await once(child, 'exit');
  }
  await redis?.stop();
  await rm(folder, { recursive: true });
});

/** With the table that a migration of the application would make. */
async function database(): Promise<string> {
  const url = await postgresDatabase();
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE notes (id uuid PRIMARY KEY, board text NOT NULL, text text NOT NULL)');
  await client.end();
  return url;
}

/** Starts a node; returns its port. */
async function start(databaseUrl: string): Promise<number> {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: databaseUrl, REDIS_PORT: String(redis?.port) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  processes.push(child);
  for await (const line of createInterface(child.stdout)) {
    const [, port] = /^serves on (\d+)$/.exec(line) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error('The application ended before it served');
}

async function joined(port: number, path: string, token = TOKEN): Promise<TestClient> {
  const client = await connect(`ws://127.0.0.1:${port}${path}`, { token });
  expect(await client.next()).toMatchObject({ type: 'connection.established' });
  return client;
}

async function post(port: number, path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('the package of the engine, in an application that has nothing else of Herald', () => {
  it('leaves the routes of the application as they are', async () => {
    const answer = await fetch(`http://127.0.0.1:${one}/hello`);
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
  });

  it('admits by the application’s own tokens and guards', async () => {
    const knock = async (path: string, token: string) =>
      (await connect(`ws://127.0.0.1:${one}${path}`, { token })).closed();
    expect(await knock('/ws/boards/garden', 'ann:guess')).toEqual({ code: 4001, reason: 'token_invalid' });
    expect(await knock('/ws/boards/garden', 'ben:open sesame')).toMatchObject({ code: 4003 });
    await joined(one, '/ws/boards/garden');
  });

  it('publishes what a transaction commits, on both nodes, and nothing of one that rolls back', async () => {
    const [near, far] = [await joined(one, '/ws/boards/garden'), await joined(two, '/ws/boards/garden')];
    expect((await post(one, '/notes', { board: 'garden', text: '' })).status).toBe(500);
    expect((await post(one, '/notes', { board: 'garden', text: 'Sow' })).status).toBe(201);
    for (const client of [near, far]) {
      expect(await client.next()).toMatchObject({ type: 'event', event_type: 'note.added', data: { text: 'Sow' } });
    }
  });

  it('resumes on another node', async () => {
    const client = await joined(one, '/ws/boards/kitchen');
    await post(one, '/notes', { board: 'kitchen', text: 'first' });
    const { cursor } = await client.next();
    await client.close();
    await post(one, '/notes', { board: 'kitchen', text: 'second' });
    const path = `/ws/boards/kitchen?cursor=${encodeURIComponent(String(cursor))}`;
    const again = await connect(`ws://127.0.0.1:${two}${path}`, { token: TOKEN });
    expect(await again.next()).toMatchObject({ type: 'connection.established', resumed: true });
    expect(await again.next()).toMatchObject({ data: { text: 'second' } });
  });

  it('shows notifications without an inbox, and admits by tickets', async () => {
    const { ticket } = (await (await post(two, '/tickets', {}, { authorization: TOKEN })).json()) as { ticket: string };
    const client = await connect(`ws://127.0.0.1:${one}/ws/boards/garden?ticket=${ticket}`);
    await client.next();
    await post(two, '/greetings', { user: 'ann' });
    expect(await client.next()).toMatchObject({ type: 'notification', notification: { title: 'Hello' } });
  });

  it('can be tested by its kit', async () => {
    const env = { ...process.env, DATABASE_URL: await database() };
    const args = ['--test-reporter=tap', '--test', 'dist/notes.test.js'];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env });
    expect(stdout).toMatch(/^# pass 1$/m);
  });
});
