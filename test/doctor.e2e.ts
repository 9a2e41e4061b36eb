import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { HeraldProcess } from './support/herald-process.js';
import { type Jwks, startJwks } from './support/keys.js';
import { type Herald, herald, type Variables } from './support/herald.js';
import { emptyDatabase, type RedisServer, startRedis } from './support/servers.js';

// Each test starts its own processes, which is slow on a busy machine.
jest.setTimeout(90_000);

let folder: string;
const toStop: { stop: () => Promise<unknown> }[] = [];

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'herald-doctor-'))));
afterEach(async () => {
  await Promise.all(toStop.splice(0).map((each) => each.stop()));
  await rm(folder, { recursive: true });
});

/** Runs the doctor to completion. */
async function doctor(variables: Variables, ...words: string[]): Promise<{ code: number | null; output: string }> {
  const process = await HeraldProcess.spawn('herald.js', { DATA_DIR: folder, ...variables }, ['doctor', ...words]);
  const { code } = await process.exit();
  expect(process.output).not.toContain('    at ');
  return { code, output: process.output };
}

async function start(variables: Variables): Promise<Herald> {
  const node = await herald(variables);
  toStop.push(node);
  return node;
}

/** Serves this body on `/health/ready` with a clock that is ahead, and refuses upgrades. */
async function serve(body: string, aheadMs = 0): Promise<string> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { date: new Date(Date.now() + aheadMs).toUTCString() }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toStop.push({ stop: () => once(server.close(), 'close') });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('doctor, on embedded defaults', () => {
  it('finds a server that welcomes clients, and no problems', async () => {
    const node = await start({});
    const origin = { ALLOWED_ORIGINS: 'http://localhost:5173' };
    const { code, output } = await doctor(origin, '--url', node.url);
    expect(output).toMatch(/^ok +Node +\d/m);
    expect(output).toMatch(/^ok +Configuration /m);
    expect(output).toMatch(/^ok +Redis +Embedded/m);
    expect(output).toMatch(/^ok +Postgres +Embedded/m);
    expect(output).toMatch(/^ok +Keys +The built-in development issuer/m);
    expect(output).toMatch(new RegExp(`^ok +Server +${node.url} is ready`, 'm'));
    expect(output).toMatch(/^ok +Clock /m);
    expect(output).toMatch(/^ok +WebSocket +A client connected/m);
    expect(output).toContain('Broken: 0');
    expect(code).toBe(0);
  });

  it('explains what to do if nothing is running, and shows no secret', async () => {
    const { code, output } = await doctor({
      PORT: '1',
      DATABASE_URL: 'postgres://herald:s3%2Fcret@127.0.0.1:1/herald',
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: '1',
      REDIS_PASSWORD: 'hunter2',
      KEYCLOAK_JWKS_URL: 'http://127.0.0.1:2/jwks',
      EXPORTS_DIR: '/dev/null/exports',
    });
    for (const subject of ['Redis', 'Postgres', 'Keys', 'EXPORTS_DIR', 'Server']) {
      expect(output).toMatch(new RegExp(`^broken +${subject} .*\\. [A-Z]`, 'm'));
    }
    expect(output).toContain('Broken: 5');
    expect(output).not.toMatch(/s3|cret|hunter2/);
    expect(code).toBe(1);
  });

  it('lists every invalid variable, and still checks the server', async () => {
    const { url } = await start({});
    const wrong = { PORT: 'http', DATABASE_URL: 'mysql://secret@x', LOG_LEVEL: 'loud' };
    const { code, output } = await doctor(wrong, '--url', url);
    for (const name of ['PORT', 'DATABASE_URL', 'LOG_LEVEL']) {
      expect(output).toMatch(new RegExp(`^broken +Configuration +${name}: got`, 'm'));
    }
    expect(output).toMatch(/^ok +WebSocket /m);
    expect(output).not.toContain('secret');
    expect(code).toBe(1);
  });

  it('reports folders and keys that other users can access', async () => {
    const exportsDir = join(folder, 'exports');
    await mkdir(exportsDir);
    await chmod(exportsDir, 0o777);
    await writeFile(join(folder, 'dev-issuer.json'), '{}');
    await chmod(join(folder, 'dev-issuer.json'), 0o644);
    const { output } = await doctor({});
    expect(output).toMatch(/^ok +DATA_DIR .* can be written to/m);
    expect(output).toMatch(/^warning +DATA_DIR .*chmod 600/m);
    expect(output).toMatch(/^warning +EXPORTS_DIR .*chmod o-w/m);
  });

  it('reports a server that refuses its own pages', async () => {
    const { url } = await start({ ALLOWED_ORIGINS: 'https://app.example.com' });
    const { code, output } = await doctor({ ALLOWED_ORIGINS: 'https://app.example.com' }, '--url', url);
    expect(output).toMatch(/^warning +Origins +.*None of them is local/m);
    expect(output).toMatch(new RegExp(`^warning +Origins +The server refuses pages of ${url}`, 'm'));
    expect(code).toBe(0);
  });

  it('reports a wrong clock, and a proxy that does not forward upgrades', async () => {
    const { code, output } = await doctor({}, '--token', 'x.y.z', '--url', await serve('{"status":"ok"}', 90_000));
    expect(output).toMatch(/^broken +Clock +The server's clock is (8\d|90) s ahead/m);
    expect(output).toMatch(/^broken +WebSocket .*a proxy in front/im);
    expect(code).toBe(1);
  });

  it('reports that something else answers', async () => {
    const { code, output } = await doctor({}, '--url', await serve('<html>'));
    expect(output).toMatch(/^broken +Server +Something else answers/m);
    expect(code).toBe(1);
  });
});

describe('doctor, on servers', () => {
  let redis: RedisServer;
  let jwks: Jwks;
  let client: Redis;
  let variables: Variables;

  beforeAll(async () => {
    [redis, jwks] = await Promise.all([startRedis({ args: ['--requirepass', 'hunter2'] }), startJwks()]);
    client = new Redis({ host: redis.host, port: redis.port, password: 'hunter2' });
    variables = {
      DATABASE_URL: await emptyDatabase(),
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      REDIS_PASSWORD: 'hunter2',
      KEYCLOAK_JWKS_URL: jwks.url,
      JWT_ISSUER: jwks.issuer,
    };
  });
  afterAll(async () => {
    client.disconnect();
    await Promise.all([redis.stop(), jwks.stop()]);
  });

  it('describes them, and reports pending migrations', async () => {
    const before = await doctor(variables);
    expect(before.output).toMatch(/^warning +Schema +Pending migrations: InitialSchema/m);
    expect((await doctor({ ...variables, RUN_MIGRATIONS: 'false' })).output).toMatch(
      /^broken +Schema .*npm run migration:run/m,
    );

    const node = await start(variables);
    const { code, output } = await doctor(variables, '--url', node.url, '--token', await jwks.sign('alice'));
    expect(output).toMatch(/^(ok|warning) +Redis +Version \d+\.\d+\.\d+ answers in [\d.]+ ms/m);
    expect(output).toMatch(/^ok +Redis memory +maxmemory-policy is noeviction/m);
    expect(output).toMatch(/^warning +Redis data +The append-only file is off/m);
    expect(output).toMatch(/^(ok|warning) +Postgres +Version \d+.* answers in [\d.]+ ms/m);
    expect(output).toMatch(/^ok +Schema +Up to date/m);
    expect(output).toMatch(/^ok +Keys +Tokens are verified by 1 of 1 published keys \(rsa 2048 for RS256\)/m);
    expect(output).toMatch(/^warning +Keys +Tokens for any audience/m);
    expect(output).toMatch(/^ok +WebSocket /m);
    expect(code).toBe(0);
    expect((await doctor(variables, '--url', node.url)).output).toMatch(/^skipped +WebSocket .*--token/m);

    const strange = await jwks.sign('alice', { claims: { iss: 'https://other.example' } });
    const refused = await doctor(variables, '--url', node.url, '--token', strange);
    expect(refused.output).toMatch(
      /^broken +WebSocket .*4001 token_invalid.*iss is "https:\/\/other\.example", and JWT_ISSUER is "/m,
    );
    expect(refused.output).not.toContain(strange.slice(0, 40));
  });

  it('reports that Redis would evict, or refuses the password', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect((await doctor(variables)).output).toMatch(/^warning +Redis memory .*Set it to noeviction/m);
    await client.config('SET', 'maxmemory', '100mb');
    expect((await doctor(variables)).output).toMatch(/^broken +Redis memory .*Set it to noeviction/m);
    for (const REDIS_PASSWORD of ['s3cret', '']) {
      const { output } = await doctor({ ...variables, REDIS_PASSWORD });
      expect(output).toMatch(/^broken +Redis .*Check REDIS_PASSWORD/m);
      expect(output).not.toContain('s3cret');
    }
  });

  it('reports keys that cannot verify any token', async () => {
    jwks.keys = [{ ...jwks.key.publicJwk, use: 'enc' }];
    expect((await doctor(variables)).output).toMatch(/^broken +Keys .*no key that can verify tokens/m);
    jwks.keys = [jwks.key.publicJwk];
  });
});
