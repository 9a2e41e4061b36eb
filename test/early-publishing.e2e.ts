import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { BroadcastService } from '../src/realtime/index.js';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

let node: Herald;
let dataSource: DataSource;
let orgId: string;
let alice: ApiClient;
let client: TestClient;
/** Holds the locks by which a relay would publish. */
let holder: QueryRunner;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false' });
  dataSource = node.app.get(DataSource);
  alice = await node.api('alice');
});
beforeEach(async () => {
  orgId = await node.organization('alice');
  client = await node.join(`/ws/events/${orgId}/`, 'alice');
  await flushOutbox(node.app);
  holder = dataSource.createQueryRunner();
  await holder.startTransaction();
});
afterEach(async () => {
  await release();
  await closeAllClients();
});
afterAll(() => node.stop());

/** Keeps all relays from publishing what waits in a channel, or the signals. */
async function hold(channel: string): Promise<void> {
  await holder.query(`SELECT pg_advisory_xact_lock(hashtextextended('realtime_outbox ' || $1, 0))`, [channel]);
}

async function release(): Promise<void> {
  if (holder.isReleased) return;
  await holder.rollbackTransaction();
  await holder.release();
}

async function publish(name: string): Promise<void> {
  const { status } = await alice.post(`/orgs/${orgId}/events`, { event_type: 'test.event', data: { name } });
  expect(status).toBe(202);
}

async function publishInTransaction(name: string): Promise<void> {
  const broadcast = node.app.get(BroadcastService, { strict: false });
  await dataSource.transaction((manager) => broadcast.broadcastOrgEvent(orgId, 'test.event', { name }, { manager }));
}

async function names(count: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let n = 0; n < count; n += 1) found.push(((await client.next()).data as { name: unknown }).name);
  return found;
}

async function waiting(): Promise<number> {
  const [row] = await dataSource.query<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM realtime_outbox WHERE published_at IS NULL AND channel = $1',
    [`org:${orgId}`],
  );
  return row?.count ?? -1;
}

describe('An event whose statement stands alone', () => {
  it('is published without waiting for a relay, which marks it later and publishes it no second time', async () => {
    await hold(`org:${orgId}`);
    await publish('one');
    await publish('two');
    expect(await names(2)).toEqual(['one', 'two']);
    expect(await waiting()).toBe(2);
    await release();
    await flushOutbox(node.app);
    await publish('three');
    expect(await names(1)).toEqual(['three']);
    expect(client.received.filter(({ type }) => type === 'event')).toHaveLength(3);
  });

  it('comes after those of its channel that wait for a relay', async () => {
    await hold(`org:${orgId}`);
    await publishInTransaction('older');
    await publish('newer');
    expect(await waiting()).toBe(2);
    await release();
    expect(await names(2)).toEqual(['older', 'newer']);
  });

  it('comes after revocations that wait for a relay', async () => {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    await hold('signal:nodes');
    await dataSource.transaction((manager) => broadcast.evictFromOrg(orgId, 'alice', { manager }));
    await hold(`org:${orgId}`);
    await publish('not for her');
    expect(await waiting()).toBe(1);
    await release();
    expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
    expect(client.received.filter(({ type }) => type === 'event')).toEqual([]);
  });
});
