import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AbusedProcess } from '../support/abused-process.js';
import { ApiClient } from '../support/api-client.js';
import { redisAt } from '../support/deployment.js';
import { sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { type RedisServer, startRedis } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const MIB = 1_048_576;
const CROWD = 60;
const FILLING = 'x'.repeat(63_000);
/** Events, 8 MB in all. */
const MISSED = 130;
/** Buffers of the clients, of which each is less than a fifth of what the client missed, and the process's own growth. */
const MAX_GROWTH = CROWD * 1.5 * MIB + 90 * MIB;
const RESUMED = 'herald_resumes_total{result="complete"}';

let redis: RedisServer;
let herald: AbusedProcess;
const crowd: RawClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  herald = await AbusedProcess.start(redisAt(redis));
});
afterAll(async () => {
  for (const each of crowd) each.destroy();
  await closeAllClients();
  await herald.stop();
  await redis.stop();
});

describe('members who resume at once, missed as much as history holds, and do not read', () => {
  // @abuse SLOW-04, RES-07
  it('take no more memory than their buffers may, and do not hinder a member who reads', async () => {
    const token = await herald.tokenFor('alice');
    const api = new ApiClient(herald.url, token);
    const orgId = String((await api.post('/orgs', { name: 'Acme' })).body.id);
    const path = `/ws/events/${orgId}/`;
    const first = await connect(`${herald.wsUrl}${path}`, { token });
    const cursor = String((await first.next()).cursor);
    for (let n = 0; n < MISSED; n += 1) {
      const event = { event_type: 'test.filled', data: { n, filling: FILLING } };
      expect((await api.post(`/orgs/${orgId}/events`, event)).status).toBe(202);
    }
    const before = await herald.residentBytes();
    for (let n = 0; n < CROWD; n += 1) {
      const client = await RawClient.open(herald.port);
      crowd.push(client);
      client.pause();
      client.sendUpgrade({ target: `${path}?cursor=${cursor}`, headers: { Authorization: `Bearer ${token}` } });
    }
    let most = before;
    await until(async () => {
      most = Math.max(most, await herald.residentBytes());
      return (await sample(herald, RESUMED)) === CROWD && (await sample(herald, 'herald_admissions')) === 0;
    }, 25_000);
    const reader = await connect(`${herald.wsUrl}${path}?cursor=${cursor}`, { token });
    await until(() => reader.received.length === MISSED + 1, 25_000);
    expect(reader.received.slice(1).map(({ data }) => (data as { n: number }).n)).toEqual(
      Array.from({ length: MISSED }, (_, n) => n),
    );
    most = Math.max(most, await herald.residentBytes());
    expect(most - before).toBeLessThan(MAX_GROWTH);
  });
});
