import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Environment } from '../src/config/environment.js';
import { checkRedis } from '../src/herald/doctor/check-redis.js';
import { ApiClient } from './support/api-client.js';
import type { Variables } from './support/herald.js';
import { HeraldProcess } from './support/herald-process.js';
import {
  type Certificate,
  makeCertificate,
  type RedisOptions,
  startCluster,
  startRedis,
  startSentinelGroup,
} from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients, connect } from './support/ws-client.js';

// Each test starts its own servers and processes, which is slow on a busy machine.
jest.setTimeout(90_000);

/** Every password differs, so that using the wrong one fails. */
const ADMIN = 'of-the-default-user';
const USER = ['--user', 'herald', 'on', '>of-herald', '~*', '&*', '+@all'];
const SENTINELS = [
  'requirepass of-the-sentinels',
  'sentinel sentinel-pass of-the-sentinels',
  `sentinel auth-pass main ${ADMIN}`,
  'user watcher on >of-the-watcher allcommands allkeys allchannels',
];
const AS_HERALD = { REDIS_USERNAME: 'herald', REDIS_PASSWORD: 'of-herald' };
const AS_WATCHER = { REDIS_SENTINEL_USERNAME: 'watcher', REDIS_SENTINEL_PASSWORD: 'of-the-watcher' };

interface Place {
  variables: Variables;
  stop: () => Promise<void>;
}

type Start = (options: RedisOptions) => Promise<Place>;

const alone: Start = async (options) => {
  const redis = await startRedis(options);
  const variables = { REDIS_HOST: 'localhost', REDIS_PORT: String(redis.port), ...AS_HERALD };
  return { variables, stop: () => redis.stop() };
};

const overSentinel: Start = async (options) => {
  const group = await startSentinelGroup({ ...options, configuration: SENTINELS });
  const variables = { REDIS_SENTINELS: group.addresses, REDIS_SENTINEL_NAME: group.name };
  return { variables: { ...variables, ...AS_HERALD, ...AS_WATCHER }, stop: () => group.stop() };
};

const inCluster: Start = async (options) => {
  const cluster = await startCluster(2, options, { password: ADMIN });
  return { variables: { REDIS_CLUSTER_NODES: cluster.nodes, ...AS_HERALD }, stop: () => cluster.stop() };
};

const WAYS: [name: string, start: Start][] = [
  ['one Redis', alone],
  ['Sentinel', overSentinel],
  ['Redis Cluster', inCluster],
];

let folder: string;
let certificate: Certificate;
let dataDir: string;
const toStop: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-certificate-'));
  certificate = await makeCertificate(folder, 'redis');
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'herald-test-'))));
afterEach(async () => {
  await closeAllClients();
  // Herald first: it was started last.
  for (const stop of toStop.splice(0).reverse()) await stop();
  await rm(dataDir, { recursive: true });
});

async function startPlace(start: Start, tls?: Certificate): Promise<Variables> {
  const place = await start({ args: ['--requirepass', ADMIN, '--masterauth', ADMIN, ...USER], tls });
  toStop.push(place.stop);
  return { DATA_DIR: dataDir, ...place.variables };
}

async function startHerald(variables: Variables): Promise<HeraldProcess> {
  const herald = await HeraldProcess.spawn('main.js', variables);
  toStop.push(() => herald.end('SIGKILL'));
  return herald.ready();
}

/** What doctor reports about Redis, without starting a process. */
async function findings(variables: Variables): Promise<string> {
  const found = await checkRedis(new Environment(variables));
  return found.map(({ verdict, text }) => `${verdict} ${text}\n`).join('');
}

/** Completes an export with a notification, which uses the command, job and subscriber connections; and tells of a presence. */
async function expectToWork({ url, wsUrl }: HeraldProcess): Promise<void> {
  const { body } = await new ApiClient(url, null, '').post('/dev/token', { user_id: 'alice' });
  const alice = new ApiClient(url, body.access_token);
  const client = await connect(`${wsUrl}/ws/notifications/`, { token: body.access_token });
  const { id } = (await alice.post('/orgs', { name: 'Acme' })).body;
  expect((await alice.post(`/orgs/${id}/members`, { user_id: 'bob' })).status).toBe(201);
  const watcher = await connect(`${wsUrl}/ws/events/${id}/?presence=true`, { token: body.access_token });
  await until(() => watcher.received.length > 0);
  const bob = await new ApiClient(url, null, '').post('/dev/token', { user_id: 'bob' });
  await connect(`${wsUrl}/ws/events/${id}/`, { token: bob.body.access_token });
  await until(() => watcher.received.some(({ type, user_id }) => type === 'presence' && user_id === 'bob'));
  expect((await alice.post(`/orgs/${id}/exports`, { format: 'csv' })).status).toBe(202);
  await until(() => client.received.some(({ notification }) => isOf(notification, 'task.completed')));
}

function isOf(notification: unknown, type: string): boolean {
  return (notification as { type?: string } | undefined)?.type === type;
}

describe.each(WAYS)('a Redis user over %s', (_name, start) => {
  it('connects with its own credentials', async () => {
    const variables = await startPlace(start);
    await expectToWork(await startHerald(variables));
    expect(await findings(variables)).toMatch(/^ok Version /m);
    expect(await findings({ ...variables, REDIS_TLS: 'true' })).toMatch(/^broken .*REDIS_TLS must be false/m);
  });

  it('connects over TLS only', async () => {
    const variables = { ...(await startPlace(start, certificate)), REDIS_TLS: 'true' };
    await expectToWork(await startHerald({ ...variables, NODE_EXTRA_CA_CERTS: certificate.certificate }));
    expect(await findings(variables)).toMatch(/^broken .*self-signed certificate.*NODE_EXTRA_CA_CERTS/m);
    expect(await findings({ ...variables, REDIS_TLS: 'false' })).toMatch(/^broken .*REDIS_TLS must be true/m);
  });
});

describe('sentinels', () => {
  it('are retried while none is reachable, with one warning a minute', async () => {
    let asked = 0;
    const sentinel = createServer((socket) => {
      asked += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(sentinel, 'listening');
    toStop.push(() => once(sentinel.close(), 'close'));
    const { port } = sentinel.address() as AddressInfo;
    const variables = { DATA_DIR: dataDir, REDIS_SENTINELS: `127.0.0.1:${port}`, REDIS_SENTINEL_NAME: 'main' };
    const herald = await HeraldProcess.spawn('main.js', variables);
    toStop.push(() => herald.end('SIGKILL'));
    await until(() => asked > 60, 60_000);

    const lines = herald.output.split('\n').filter((line) => line.includes('sentinels are unreachable'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(10);
    expect(herald.output).not.toContain('    at ');
  });

  it('use their own credentials, which doctor reports if wrong but never shows', async () => {
    const variables = await startPlace(overSentinel);
    const wrong = { ...variables, REDIS_SENTINEL_PASSWORD: 'of-herald' };
    const doctor = await HeraldProcess.spawn('herald.js', wrong, ['doctor']);
    await doctor.exit();
    expect(doctor.output).toMatch(/^broken +Redis .*Check REDIS_SENTINEL_PASSWORD and REDIS_SENTINEL_USERNAME/m);
    expect(doctor.output).not.toContain('of-herald');
    expect(await findings({ ...variables, REDIS_SENTINEL_USERNAME: '', REDIS_SENTINEL_PASSWORD: '' })).toMatch(
      /^broken .*NOAUTH.*Check REDIS_SENTINEL_PASSWORD/m,
    );
  });
});
