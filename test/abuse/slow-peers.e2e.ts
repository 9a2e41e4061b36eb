import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import { sample } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, type TestClient } from '../support/ws-client.js';

const MAX_BUFFERED = 1_048_576;
const FILLING = 'x'.repeat(60_000);
const FRAME = FILLING.length + 1_000;
const TOO_SLOW = 'herald_closes_total{code="4008",reason="too_slow"}';
/** The server waits 2 s for an answer to its close; this machine may be busy. */
const CUT_OFF_MS = 6_000;

let node: Herald;
let orgId: string;
let token: string;
let count = 0;

beforeAll(async () => {
  // The kernel may buffer several MB for a client that reads nothing.
  node = await herald({ HISTORY_SIZE: '1000' });
  token = await node.tokenFor('alice');
  orgId = String((await (await node.api('alice')).post('/orgs', { name: 'Acme' })).body.id);
});
afterEach(async () => {
  await closeAllClients();
  await until(() => openConnections(node).length === 0);
});
afterAll(async () => {
  await until(() => node.isHealthy());
  await node.stop();
});

const enter = (cursor?: string) => node.join(`/ws/events/${orgId}/`, 'alice', { token, cursor });

async function publish(): Promise<void> {
  const data = { n: count, filling: FILLING };
  await node.app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, 'test.filled', data);
  count += 1;
}

const numbersOf = (client: TestClient): unknown[] =>
  client.received.filter(({ event_type }) => event_type === 'test.filled').map(({ data }) => (data as { n: number }).n);

const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, index) => from + index);

/** The bytes that the node buffers for each client. */
const owed = (): number[] => openConnections(node).map(({ bufferedBytes }) => bufferedBytes);

describe('a client that never reads', () => {
  // @abuse SLOW-01
  it('exceeds its buffer by at most one message, is closed with 4008, is cut off soon, and resumes', async () => {
    const healthy = await enter();
    const stuck = await enter();
    const [welcome = {}] = stuck.received;
    const first = count;
    const before = await sample(node, TOO_SLOW);
    stuck.pause();
    let most = 0;
    await until(async () => {
      await publish();
      most = Math.max(most, ...owed());
      return openConnections(node).some(({ isOpen }) => !isOpen);
    }, 25_000);
    await until(() => openConnections(node).length === 1, CUT_OFF_MS);
    expect(await sample(node, TOO_SLOW)).toBe(before + 1);
    expect(most).toBeGreaterThan(MAX_BUFFERED / 2);
    expect(most).toBeLessThanOrEqual(MAX_BUFFERED + FRAME);
    await until(() => numbersOf(healthy).length === count - first);
    expect(numbersOf(healthy)).toEqual(range(first, count));

    const again = await enter(String(welcome.cursor));
    expect(again.received[0]).toMatchObject({ resumed: true });
    await until(() => numbersOf(again).length === count - first);
    expect(numbersOf(again)).toEqual(range(first, count));
  });

  // @abuse SLOW-06
  it('is cut off when the server closes it, though the close frame never arrives', async () => {
    const stuck = await enter();
    stuck.pause();
    await until(async () => {
      await publish();
      return owed().every((bytes) => bytes > 0);
    }, 25_000);
    await node.app.get(BroadcastService, { strict: false }).disconnectUser('alice');
    await until(() => openConnections(node).length === 0, CUT_OFF_MS);
  });

  // @abuse SLOW-04
  it('is sent at most half the limit at a time while it resumes, and others go on', async () => {
    const client = await enter();
    const [welcome = {}] = client.received;
    await client.close();
    const first = count;
    for (let n = 0; n < 300; n += 1) await publish();
    const healthy = await enter();
    const stuck = await connect(
      `${node.wsUrl}/ws/events/${orgId}/?cursor=${encodeURIComponent(String(welcome.cursor))}`,
      {
        token,
      },
    );
    stuck.pause();
    await until(() => owed().some((bytes) => bytes > 0), 25_000);
    expect(Math.max(...owed())).toBeLessThanOrEqual(MAX_BUFFERED / 2 + FRAME);
    // A slow reader must not hold up the admission of others.
    expect(await sample(node, 'herald_admissions')).toBe(0);
    await publish();
    await until(() => numbersOf(healthy).includes(count - 1));
    stuck.resume();
    await until(() => numbersOf(stuck).length === count - first, 25_000);
    expect(numbersOf(stuck)).toEqual(range(first, count));
  });
});
