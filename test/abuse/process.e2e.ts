import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { HeraldProcess } from '../support/herald-process.js';
import { type Herald, herald } from '../support/herald.js';
import { postgresDatabase } from '../support/servers.js';
import { closeAllClients, connect } from '../support/ws-client.js';

/** Makes a process throw an uncaught error on SIGUSR2. */
const THROW_ON_SIGNAL = `--import=data:text/javascript,process.on('SIGUSR2',()=>{throw%20new%20Error('boom')})`;
const REJECT_ON_SIGNAL = `--import=data:text/javascript,process.on('SIGUSR2',()=>{Promise.reject(new%20Error('boom'))})`;

let dataDir: string;
const started: HeraldProcess[] = [];

beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'herald-abuse-'))));
afterEach(async () => {
  await closeAllClients();
  await Promise.all(started.splice(0).map((each) => each.end('SIGKILL')));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function start(variables: Record<string, string>): Promise<HeraldProcess> {
  const process = await HeraldProcess.spawn('main.js', { DATA_DIR: dataDir, ...variables });
  started.push(process);
  return process;
}

describe('an unhandled error', () => {
  it.each([
    // @abuse OPS-08
    ['thrown in a timer or a signal', THROW_ON_SIGNAL],
    // @abuse OPS-08
    ['that rejects a promise nobody awaits', REJECT_ON_SIGNAL],
  ])('%s is logged, closes clients with 1012, and ends the process with 1', async (_title, options) => {
    const variables = { DATABASE_URL: await postgresDatabase(), SHUTDOWN_GRACE_MS: '1000' };
    const process = await (await start({ ...variables, NODE_OPTIONS: options })).ready();
    const client = await process.join('/ws/notifications/', await process.tokenFor('alice'));
    expect(await process.end('SIGUSR2')).toEqual({ code: 1, signal: null });
    expect(await client.closed()).toEqual({ code: 1012, reason: 'restarting' });
    expect(process.output).toContain('Error: boom');
  });
});

describe('production', () => {
  const SAFE = {
    NODE_ENV: 'production',
    REDIS_HOST: '127.0.0.1',
    DATABASE_URL: 'postgres://herald:canary@127.0.0.1/herald',
    KEYCLOAK_JWKS_URL: 'https://id.example.com/certs',
    JWT_AUDIENCE: 'herald',
  };

  it.each([
    // @abuse OPS-20
    ['a wildcard origin', { ALLOWED_ORIGINS: '*' }, 'ALLOWED_ORIGINS'],
    // @abuse OPS-20
    ['no audience', { JWT_AUDIENCE: '' }, 'JWT_AUDIENCE'],
    // @abuse OPS-20
    ['an http issuer', { JWT_ISSUER: 'http://id.example.com/realms/main' }, 'JWT_ISSUER'],
    // @abuse OPS-20
    ['the development issuer', { KEYCLOAK_JWKS_URL: '' }, 'KEYCLOAK_URL'],
    // @abuse OPS-20
    ['the embedded broker', { REDIS_HOST: '' }, 'REDIS_HOST'],
    // @abuse OPS-20
    ['the embedded database', { DATABASE_URL: '' }, 'DATABASE_URL'],
  ])('%s prevents the start, and the message says what to set, without secrets', async (_title, unsafe, name) => {
    const process = await start({ ...SAFE, ...unsafe });
    expect(await process.exit()).toEqual({ code: 1, signal: null });
    expect(process.output).toContain(name);
    expect(process.output).not.toContain('canary');
  });
});

describe('a clock that jumps', () => {
  let node: Herald;

  beforeAll(async () => void (node = await herald({ WS_HEARTBEAT_INTERVAL_MS: '300' })));
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => node.stop());

  it.each([3_600_000, -3_600_000])(
    // @abuse OPS-24
    'by %d ms ends no connection, as heartbeats and limits use a monotonic clock',
    async (jumpMs) => {
      const token = await node.tokenFor('alice', { expiresIn: 4 * 3_600 });
      const client = await connect(`${node.wsUrl}/ws/notifications/`, { token });
      await client.next();
      const now = Date.now.bind(Date);
      jest.spyOn(Date, 'now').mockImplementation(() => now() + jumpMs);
      await client.pinged(client.pings + 4);
      client.send({ type: 'ping', timestamp: 1 });
      expect(await client.next()).toEqual({ type: 'pong', timestamp: 1 });
    },
  );

  // @abuse OPS-24
  it('forward closes new connections whose tokens are then expired', async () => {
    const token = await node.tokenFor('alice', { expiresIn: 600 });
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { token });
    expect(await client.closed()).toEqual({ code: 4001, reason: 'token_expired' });
  });
});
