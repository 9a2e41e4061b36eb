import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AbusedProcess } from '../support/abused-process.js';
import { ApiClient } from '../support/api-client.js';
import { sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const MIB = 1_048_576;
const STUCK = 100;
/** The clients' buffers, and an allowance for the rest. */
const MAX_GROWTH = STUCK * MIB + 50 * MIB;
const FILLING = 'x'.repeat(60_000);

let herald: AbusedProcess;
const stuck: RawClient[] = [];

beforeAll(async () => {
  herald = await AbusedProcess.start({ HISTORY_SIZE: '10', WS_HEARTBEAT_INTERVAL_MS: '600000' });
});
afterAll(async () => {
  for (const each of stuck) each.destroy();
  await closeAllClients();
  await herald.stop();
});

describe('a hundred members who never read', () => {
  // @abuse SLOW-02
  it('take no more memory than their buffers may, and do not hinder a member who reads', async () => {
    const token = await herald.tokenFor('alice');
    const api = new ApiClient(herald.url, token);
    const path = `/ws/events/${String((await api.post('/orgs', { name: 'Acme' })).body.id)}/`;
    const events = path.replace('/ws/events', '/orgs').replace(/\/$/, '/events');
    const healthy = await herald.join(path, token);
    for (let n = 0; n < STUCK; n += 1) {
      const client = await RawClient.open(herald.port);
      stuck.push(client);
      client.sendUpgrade({ target: path, headers: { Authorization: `Bearer ${token}` } });
      await client.until('connection.established');
      client.pause();
    }
    const before = await herald.residentBytes();
    let most = before;
    let count = 0;
    await until(async () => {
      expect((await api.post(events, { event_type: 'test.filled', data: { n: count, filling: FILLING } })).status).toBe(
        202,
      );
      count += 1;
      most = Math.max(most, await herald.residentBytes());
      return (await sample(herald, 'herald_closes_total{code="4008",reason="too_slow"}')) === STUCK;
    }, 90_000);
    expect(count * FILLING.length * STUCK).toBeGreaterThan(100 * MIB);
    expect(most - before).toBeLessThan(MAX_GROWTH);
    await until(async () => (await sample(herald, 'herald_connections{endpoint="events"}')) === 1);
    const numbers = (): unknown[] =>
      healthy.received.flatMap(({ event_type, data }) =>
        event_type === 'test.filled' ? [(data as { n: number }).n] : [],
      );
    await until(() => numbers().length === count);
    expect(numbers()).toEqual(Array.from({ length: count }, (_, index) => index));
  }, 180_000);
});
