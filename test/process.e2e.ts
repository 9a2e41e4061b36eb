import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { HeraldProcess } from './support/herald-process.js';
import { RawClient } from './support/raw-client.js';
import { closeAllClients, connect } from './support/ws-client.js';

let dataDir: string;
const started: HeraldProcess[] = [];

beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'herald-process-'))));
afterEach(async () => {
  await closeAllClients();
  await Promise.all(started.splice(0).map((each) => each.end('SIGKILL')));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function start(variables: Record<string, string> = {}, program = 'main.js'): Promise<HeraldProcess> {
  const process = await HeraldProcess.spawn(program, { DATA_DIR: dataDir, ...variables });
  started.push(process);
  return process;
}

async function tokenFor({ url }: HeraldProcess, userId: string): Promise<string> {
  const { body } = await new ApiClient(url, null, '').post('/dev/token', { user_id: userId });
  return (body as { access_token: string }).access_token;
}

describe('a process without any configuration', () => {
  it('serves, says how to see it work, keeps its data and its tokens, and drains on SIGTERM', async () => {
    // As `npm start` does.
    const first = await (await start({}, '../main.js')).ready();
    expect(first.output).toContain('npx wscat -c "ws://localhost:');
    const token = await tokenFor(first, 'alice');
    const created = await new ApiClient(first.url, token).post('/orgs', { name: 'Kept' });
    expect(created.status).toBe(201);
    const client = await connect(`${first.wsUrl}/ws/notifications/`, { token });
    await client.next();
    expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await client.closed()).toEqual({ code: 1012, reason: 'restarting' });
    expect(first.output).not.toContain(token.slice(0, 20));

    const second = await (await start({}, '../main.js')).ready();
    const { body } = await new ApiClient(second.url, token).get('/orgs');
    expect(body).toMatchObject({ items: [{ name: 'Kept' }] });
  });

  it('does not share its data folder with another process', async () => {
    await (await start()).ready();
    const second = await start();
    expect(await second.exit()).toMatchObject({ code: 1 });
    expect(second.output).toContain('DATA_DIR');
    expect(second.output).not.toContain('    at ');
  });
});

describe('a process that is asked to end', () => {
  it('says that it drains, also when all its clients have been sent away', async () => {
    const process = await (await start()).ready();
    const client = await connect(`${process.wsUrl}/ws/notifications/`, { token: await tokenFor(process, 'alice') });
    await client.next();
    const ended = process.end('SIGTERM');
    expect(await client.closed()).toMatchObject({ code: 1012 });
    const answer = await fetch(`${process.url}/health/ready`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'draining', dependencies: {} }]);
    const upgrade = await fetch(`${process.url}/ws/notifications/`);
    expect(upgrade.status).toBe(426);
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('ends in time although a connection never sends its request, and however often it is asked', async () => {
    const process = await (await start({ SHUTDOWN_GRACE_MS: '500' })).ready();
    const silent = await RawClient.open(Number(new URL(process.url).port));
    const [exit] = await Promise.all([process.end('SIGINT'), process.end('SIGINT')]);
    expect(exit).toEqual({ code: 0, signal: null });
    await silent.ended();
  });
});

describe('a process with wrong variables', () => {
  it('does not start, and lists every problem', async () => {
    const process = await start({ PORT: 'http', REDIS_PORT: '0', DATABASE_URL: 'mysql://secret@x', LOG_LEVEL: 'loud' });
    expect(await process.exit()).toMatchObject({ code: 1 });
    for (const name of ['PORT: got "http"', 'REDIS_PORT: got "0"', 'DATABASE_URL: got', 'LOG_LEVEL: got "loud"']) {
      expect(process.output).toContain(name);
    }
    expect(process.output).not.toContain('secret');
    expect(process.output).not.toContain('    at ');
  });

  it('does not start where it can’t listen, and says so without a stack', async () => {
    const first = await (await start()).ready();
    const { port } = new URL(first.url);
    const own = { DATA_DIR: join(dataDir, 'other') };
    const taken = await start({ ...own, PORT: port });
    expect(await taken.exit()).toMatchObject({ code: 1 });
    expect(taken.output).toContain(`HOST, PORT: got "127.0.0.1" and "${port}", takes an address of this machine`);
    const elsewhere = await start({ ...own, HOST: '203.0.113.9' });
    expect(await elsewhere.exit()).toMatchObject({ code: 1 });
    expect(elsewhere.output).toContain('HOST, PORT: got "203.0.113.9"');
    for (const { output } of [taken, elsewhere]) expect(output).not.toContain('    at ');
  });

  it.each(['/dev/null', '/proc'])('does not start with folders that it can’t write to: in %s', async (parent) => {
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
