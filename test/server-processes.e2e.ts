import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { redisAt } from './support/deployment.js';
import { HeraldProcess } from './support/herald-process.js';
import { type Jwks, startJwks } from './support/keys.js';
import type { Variables } from './support/herald.js';
import { emptyDatabase, type RedisServer, startRedis } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

let redis: RedisServer;
let jwks: Jwks;
let variables: Variables;
let token: string;
let api: ApiClient;
/** Shared by all tests; a test that ends it starts another one. */
let herald: HeraldProcess;

beforeAll(async () => {
  [redis, jwks] = await Promise.all([startRedis(), startJwks()]);
  variables = {
    DATABASE_URL: await emptyDatabase(),
    ...redisAt(redis),
    KEYCLOAK_JWKS_URL: jwks.url,
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
    SHUTDOWN_GRACE_MS: '1000',
    WEB_CONCURRENCY: '2',
  };
  token = await jwks.sign('alice', { claims: { realm_access: { roles: ['realtime-admin'] } } });
  await start();
});
afterEach(closeAllClients);
afterAll(async () => {
  await herald.end('SIGTERM');
  await Promise.all([redis.stop(), jwks.stop()]);
});

async function start(): Promise<void> {
  herald = await (await HeraldProcess.spawn('main.js', variables)).ready();
  // One process may be ready before the other serves.
  await herald.says('Herald serves on');
  api = new ApiClient(herald.url, token);
}

const listen = (): Promise<TestClient> => herald.join('/ws/notifications/', token);

/** Connects until both processes have a client. */
async function listenOnBoth(): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  await until(async () => {
    clients.push(await listen());
    return (await pids()).length === 2;
  });
  return clients;
}

/** The running processes with connections; a killed process stays listed for a while. */
async function pids(): Promise<number[]> {
  const { body } = await api.get('/realtime/connections?limit=100');
  const { items } = body as { items: { node: string }[] };
  return [...new Set(items.map(({ node }) => Number(node.split('-').at(-2))))].filter(isRunning);
}

/** The metrics; empty if the process that accepts the request does not answer. */
async function metrics(): Promise<string> {
  try {
    return await (await fetch(`${herald.url}/metrics`, { signal: AbortSignal.timeout(5_000) })).text();
  } catch {
    return '';
  }
}

/** The running child processes, according to the system. */
async function childrenOf({ pid }: HeraldProcess): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('processes that share a port', () => {
  it('serve together, and report metrics for all of them', async () => {
    const clients = await listenOnBoth();
    await api.post('/orgs', { name: 'Acme' });
    // A process that takes longer than a scrape may is left out of it.
    const whole = async (): Promise<string> => {
      let text = '';
      await until(async () => (text = await metrics()).includes('\nherald_server_processes 2\n'));
      return text;
    };
    const texts = await Promise.all(Array.from({ length: 6 }, whole));
    for (const text of texts) {
      const counts = ['1', '2'].map((number) => {
        const line = `herald_connections{endpoint="notifications",process="${number}"} `;
        return Number(
          text
            .split('\n')
            .find((each) => each.startsWith(line))
            ?.slice(line.length),
        );
      });
      expect(counts.reduce((a, b) => a + b)).toBe(clients.length);
      expect(counts).not.toContain(0);
      for (const number of ['1', '2']) {
        expect(text).toMatch(new RegExp(`\\nherald_publish_seconds_bucket\\{(le="0.1",)?process="${number}"`));
        expect(text).toMatch(new RegExp(`\\nprocess_start_time_seconds\\{process="${number}"\\} \\d+`));
        expect(text).toContain(`herald_broker_connected{process="${number}"} 1`);
      }
    }
  });

  it('deliver to each other’s clients, and drain together on SIGTERM', async () => {
    const clients = await listenOnBoth();
    const running = await pids();
    const sent = await api.post('/notifications', { user_id: 'alice', notification: { title: 'For both' } });
    expect(sent.status).toBe(201);
    for (const client of clients) expect(await client.next()).toMatchObject({ notification: { title: 'For both' } });
    expect(await herald.end('SIGTERM')).toEqual({ code: 0, signal: null });
    for (const client of clients) expect(await client.closed()).toEqual({ code: 1012, reason: 'restarting' });
    expect(running.filter(isRunning)).toEqual([]);
    await start();
  });

  it('survive the death of one of them, which is replaced', async () => {
    await listenOnBoth();
    const [victim, survivor] = await pids();
    if (victim === undefined || survivor === undefined) throw new Error('There are not two processes');
    process.kill(victim, 'SIGKILL');
    await herald.says(`The server process ${victim} exited with SIGKILL; starting a replacement`);
    await listen();
    await until(async () => (await metrics()).includes('\nherald_server_processes 2\n'));
    await until(async () => {
      await listen();
      return (await pids()).some((pid) => pid !== victim && pid !== survivor);
    });
  });

  it('report metrics without a hung process', async () => {
    await listenOnBoth();
    const [stuck] = await pids();
    if (stuck === undefined) throw new Error('There is no process');
    process.kill(stuck, 'SIGSTOP');
    try {
      await until(async () => (await metrics()).includes('\nherald_server_processes 1\n'));
    } finally {
      process.kill(stuck, 'SIGCONT');
    }
  });

  it('exit with 0, and leave no process behind, if terminated during startup', async () => {
    const starting = await HeraldProcess.spawn('main.js', { ...variables, RUN_MIGRATIONS: 'false' });
    await until(async () => (await childrenOf(starting)).length === 2);
    const children = await childrenOf(starting);
    expect(await starting.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await until(() => !children.some(isRunning));
    expect(starting.output).not.toContain('did not');
  });

  it('leave no process behind if one of them hangs while draining', async () => {
    const children = await childrenOf(herald);
    const [stuck] = children;
    if (stuck === undefined) throw new Error('There is no process');
    process.kill(stuck, 'SIGSTOP');
    expect(await herald.end('SIGTERM')).toEqual({ code: 1, signal: null });
    await until(() => !children.some(isRunning));
    await start();
  });

  it('do not start, and leave no process behind, if one of them can’t', async () => {
    const { port } = new URL(herald.url);
    const second = await HeraldProcess.spawn('main.js', { ...variables, PORT: port });
    await until(async () => (await childrenOf(second)).length === 2);
    const children = await childrenOf(second);
    expect(await second.exit()).toEqual({ code: 1, signal: null });
    expect(second.output).toContain(`HOST, PORT: got "127.0.0.1" and "${port}"`);
    expect(second.output).toContain('before it served');
    expect(second.output).not.toContain('    at ');
    await until(() => !children.some(isRunning));
    expect((await fetch(`${herald.url}/health/ready`)).status).toBe(200);
  });
});
