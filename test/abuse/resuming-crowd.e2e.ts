import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { redisAt } from '../support/deployment.js';
import { HeraldProcess } from '../support/herald-process.js';
import { sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../support/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const MIB = 1_048_576;
const CROWD = 60;
const FILLING = 'x'.repeat(63_000);
/** 8 MB. */
const MISSED = 130;
/** What each may owe, which is less than a fifth of what it has missed, and what the process takes for the rest. */
const MAX_GROWTH = CROWD * 1.5 * MIB + 90 * MIB;
const RESUMED = 'herald_resumes_total{result="complete"}';

let redis: RedisServer;
let dataDir: string;
let herald: HeraldProcess;
const crowd: RawClient[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'herald-resuming-'));
  redis = await startRedis();
  herald = await HeraldProcess.spawn('main.js', {
    ...redisAt(redis),
    NODE_OPTIONS: '--unhandled-rejections=strict',
    DATA_DIR: dataDir,
    RUN_JOBS: 'false',
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
    WS_MAX_CONNECTIONS_PER_USER: '0',
  });
  await herald.ready();
});
afterAll(async () => {
  for (const each of crowd) each.destroy();
  await closeAllClients();
  expect(await herald.end('SIGTERM')).toEqual({ code: 0, signal: null });
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const memory = (): Promise<number> => sample(herald, 'process_resident_memory_bytes');

describe('members who come back at once, have missed as much as history holds, and do not read', () => {
  // @abuse SLOW-04, RES-07
  it('cost no more memory than each may owe, and cost a member who reads nothing', async () => {
    const anonymous = new ApiClient(herald.url, null, '');
    const token = String((await anonymous.post('/dev/token', { user_id: 'alice' })).body.access_token);
    const api = new ApiClient(herald.url, token);
    const orgId = String((await api.post('/orgs', { name: 'Acme' })).body.id);
    const path = `/ws/events/${orgId}/`;
    const first = await connect(`${herald.wsUrl}${path}`, { token });
    const cursor = String((await first.next()).cursor);
    for (let n = 0; n < MISSED; n += 1) {
      const event = { event_type: 'test.filled', data: { n, filling: FILLING } };
      expect((await api.post(`/orgs/${orgId}/events`, event)).status).toBe(202);
    }
    const before = await memory();
    for (let n = 0; n < CROWD; n += 1) {
      const client = await RawClient.open(Number(new URL(herald.url).port));
      crowd.push(client);
      client.pause();
      client.sendUpgrade({ target: `${path}?cursor=${cursor}`, headers: { Authorization: `Bearer ${token}` } });
    }
    let most = before;
    await until(async () => {
      most = Math.max(most, await memory());
      return (await sample(herald, RESUMED)) === CROWD && (await sample(herald, 'herald_admissions')) === 0;
    }, 25_000);
    const reader = await connect(`${herald.wsUrl}${path}?cursor=${cursor}`, { token });
    await until(() => reader.received.length === MISSED + 1, 25_000);
    expect(reader.received.slice(1).map(({ data }) => (data as { n: number }).n)).toEqual(
      Array.from({ length: MISSED }, (_, n) => n),
    );
    most = Math.max(most, await memory());
    expect(most - before).toBeLessThan(MAX_GROWTH);
  });
});
