import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { HeraldProcess } from '../support/herald-process.js';
import { sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const MIB = 1_048_576;
const STUCK = 100;
/** What each may owe, and what the issue allows beside it. */
const MAX_GROWTH = STUCK * MIB + 50 * MIB;
const FILLING = 'x'.repeat(60_000);

let dataDir: string;
let herald: HeraldProcess;
const stuck: RawClient[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'herald-crowd-'));
  herald = await HeraldProcess.spawn('main.js', {
    NODE_OPTIONS: '--unhandled-rejections=strict',
    DATA_DIR: dataDir,
    RUN_JOBS: 'false',
    HISTORY_SIZE: '10',
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
    WS_MAX_CONNECTIONS_PER_USER: '0',
  });
  await herald.ready();
});
afterAll(async () => {
  for (const each of stuck) each.destroy();
  await closeAllClients();
  expect(await herald.end('SIGTERM')).toEqual({ code: 0, signal: null });
  await rm(dataDir, { recursive: true, force: true });
});

const memory = (): Promise<number> => sample(herald, 'process_resident_memory_bytes');

describe('a hundred members who never read', () => {
  // @abuse SLOW-02
  it('cost no more memory than each may owe, and cost a member who reads nothing', async () => {
    const anonymous = new ApiClient(herald.url, null, '');
    const token = String((await anonymous.post('/dev/token', { user_id: 'alice' })).body.access_token);
    const api = new ApiClient(herald.url, token);
    const path = `/ws/events/${String((await api.post('/orgs', { name: 'Acme' })).body.id)}/`;
    const events = path.replace('/ws/events', '/orgs').replace(/\/$/, '/events');
    const healthy = await connect(`${herald.wsUrl}${path}`, { token });
    await healthy.next();
    for (let n = 0; n < STUCK; n += 1) {
      const client = await RawClient.open(Number(new URL(herald.url).port));
      stuck.push(client);
      client.sendUpgrade({ target: path, headers: { Authorization: `Bearer ${token}` } });
      await client.until('connection.established');
      client.pause();
    }
    const before = await memory();
    let most = before;
    let count = 0;
    await until(async () => {
      expect((await api.post(events, { event_type: 'test.filled', data: { n: count, filling: FILLING } })).status).toBe(
        202,
      );
      count += 1;
      most = Math.max(most, await memory());
      return (await sample(herald, 'herald_closes_total{code="4008",reason="too_slow"}')) === STUCK;
    }, 25_000);
    expect(count * FILLING.length * STUCK).toBeGreaterThan(100 * MIB);
    expect(most - before).toBeLessThan(MAX_GROWTH);
    await until(async () => (await sample(herald, 'herald_connections{endpoint="events"}')) === 1);
    const numbers = (): unknown[] =>
      healthy.received.flatMap(({ event_type, data }) =>
        event_type === 'test.filled' ? [(data as { n: number }).n] : [],
      );
    await until(() => numbers().length === count);
    expect(numbers()).toEqual(Array.from({ length: count }, (_, index) => index));
  });
});
