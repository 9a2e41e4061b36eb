import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiAnswer, ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type Frame, type TestClient } from './support/ws-client.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let node: Herald;
let alice: ApiClient;
let org: string;
let events: TestClient;

beforeAll(async () => {
  node = await herald({ ORG_RESOURCE_QUOTA: '10' });
  alice = await node.api('alice');
});

beforeEach(async () => {
  org = await node.organization('alice');
  events = await node.join(`/ws/events/${org}/`, 'alice');
});

afterEach(closeAllClients);

afterAll(() => node.stop());

function create(name: string): Promise<ApiAnswer> {
  return alice.post(`/orgs/${org}/resources`, { name });
}

/** The events before the one that marks the end of a test. */
async function eventsUntil(eventType: string): Promise<Frame[]> {
  const frame = await events.next();
  return frame.event_type === eventType ? [] : [frame, ...(await eventsUntil(eventType))];
}

function warningsIn(frames: Frame[]): unknown[] {
  return frames.filter(({ event_type }) => event_type === 'quota.warning').map(({ data }) => data);
}

describe('the resource quota', () => {
  it('warns at 80, 90 and 100 percent, right after the resource that reaches the threshold', async () => {
    for (let n = 1; n <= 10; n += 1) expect((await create(`No. ${n}`)).status).toBe(201);
    const id = (await alice.get(`/orgs/${org}/resources?limit=1`)).body.items[0].id as string;
    await alice.delete(`/orgs/${org}/resources/${id}`);
    const frames = await eventsUntil('resource.deleted');
    const types = frames.slice(-5).map(({ event_type }) => event_type);
    expect(types).toEqual(['quota.warning', 'resource.created', 'quota.warning', 'resource.created', 'quota.warning']);
    expect(warningsIn(frames)).toEqual([
      { quota: 'resources', used: 8, limit: 10, percent: 80, timestamp: TIME },
      { quota: 'resources', used: 9, limit: 10, percent: 90, timestamp: TIME },
      { quota: 'resources', used: 10, limit: 10, percent: 100, timestamp: TIME },
    ]);
  });

  it('refuses resources beyond it until one is deleted, and then warns again', async () => {
    const ids: string[] = [];
    for (let n = 1; n <= 10; n += 1) ids.push((await create(`No. ${n}`)).body.id);
    const refused = await create('No. 11');
    expect(refused.status).toBe(409);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body.detail).toBe('The organization holds 10 resources, and may hold 10.');
    await alice.delete(`/orgs/${org}/resources/${ids[0]}`);
    await eventsUntil('resource.deleted');
    expect((await create('No. 11')).status).toBe(201);
    expect(await events.next()).toMatchObject({ event_type: 'resource.created', data: { resource_name: 'No. 11' } });
    expect(await events.next()).toMatchObject({ event_type: 'quota.warning', data: { used: 10, percent: 100 } });
  });

  it('holds, with each warning sent once, under concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => create(`No. ${n}`)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(201), ...Array<number>(6).fill(409)]);
    const { items } = (await alice.get(`/orgs/${org}/resources`)).body as { items: { id: string }[] };
    expect(items).toHaveLength(10);
    await alice.delete(`/orgs/${org}/resources/${items[0]?.id}`);
    const warnings = warningsIn(await eventsUntil('resource.deleted')) as { percent: number }[];
    expect(warnings.map(({ percent }) => percent)).toEqual([80, 90, 100]);
  });

  it('applies to each organization separately', async () => {
    for (let n = 1; n <= 10; n += 1) await create(`No. ${n}`);
    const other = await node.organization('alice');
    expect((await alice.post(`/orgs/${other}/resources`, { name: 'First' })).status).toBe(201);
    expect((await create('No. 11')).status).toBe(409);
  });
});
