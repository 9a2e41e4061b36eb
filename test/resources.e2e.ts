import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Resource } from '../src/resources/resource.entity.js';
import { ResourcesService } from '../src/resources/resources.service.js';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

const UNKNOWN = '01997a6e-7e3f-7000-8000-000000000000';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let node: Herald;
let alice: ApiClient;
let org: string;
let events: TestClient;

beforeAll(async () => {
  node = await herald();
  alice = await node.api('alice');
});

beforeEach(async () => {
  org = await node.organization('alice');
  events = await node.join(`/ws/events/${org}/`, 'alice');
});

afterEach(closeAllClients);

afterAll(() => node.stop());

async function created(body: object = { name: 'Report' }): Promise<string> {
  const answer = await alice.post(`/orgs/${org}/resources`, body);
  expect(answer.status).toBe(201);
  expect(await events.next()).toMatchObject({ event_type: 'resource.created' });
  return answer.body.id;
}

describe('a resource', () => {
  it('is created with defaults, and an event is published', async () => {
    const { status, body } = await alice.post(`/orgs/${org}/resources`, { name: 'Report' });
    expect(status).toBe(201);
    const id = body.id;
    const defaults = { sensitivity: 'normal', description: null, created_at: TIME, updated_at: TIME };
    expect(body).toEqual({ id: expect.any(String), org_id: org, name: 'Report', ...defaults });
    expect(await events.next()).toEqual({
      type: 'event',
      event_type: 'resource.created',
      data: { resource_id: id, resource_name: 'Report', org_id: org, sensitivity: 'normal', timestamp: TIME },
      cursor: expect.any(String),
    });
    expect((await alice.get(`/orgs/${org}/resources/${id.toUpperCase()}`)).body).toEqual(body);
  });

  it('is changed field by field, and an event is published', async () => {
    const id = await created({ name: 'Report', sensitivity: 'public', description: 'a\nb' });
    const { status, body } = await alice.patch(`/orgs/${org}/resources/${id}`, { sensitivity: 'confidential' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, name: 'Report', sensitivity: 'confidential', description: 'a\nb' });
    expect(await events.next()).toMatchObject({
      event_type: 'resource.updated',
      data: { resource_id: id, resource_name: 'Report', org_id: org, sensitivity: 'confidential', timestamp: TIME },
    });
    const cleared = await alice.patch(`/orgs/${org}/resources/${id}`, { description: null });
    expect(cleared.body).toMatchObject({ description: null, sensitivity: 'confidential' });
  });

  it('publishes no event if nothing changes', async () => {
    const id = await created();
    const before = await alice.get(`/orgs/${org}/resources/${id}`);
    for (const body of [{}, { name: 'Report', sensitivity: 'normal', description: null }]) {
      expect(await alice.patch(`/orgs/${org}/resources/${id}`, body)).toMatchObject({ status: 200, body: before.body });
    }
    await alice.patch(`/orgs/${org}/resources/${id}`, { name: 'Changed' });
    expect(await events.next()).toMatchObject({ data: { resource_name: 'Changed' } });
  });

  it('is deleted once, even by concurrent requests', async () => {
    const id = await created();
    const deleting = Array.from({ length: 3 }, () => alice.delete(`/orgs/${org}/resources/${id}`));
    const statuses = (await Promise.all(deleting)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 404, 404]);
    const frame = await events.next();
    expect(frame).toMatchObject({ event_type: 'resource.deleted' });
    expect(frame.data).toEqual({ resource_id: id, resource_name: 'Report', org_id: org, timestamp: TIME });
    await created();
  });

  it('of another organization is not found', async () => {
    const id = await created();
    const other = await node.organization('alice');
    expect((await alice.get(`/orgs/${other}/resources/${id}`)).status).toBe(404);
    expect((await alice.patch(`/orgs/${other}/resources/${id}`, { name: 'x' })).status).toBe(404);
    expect((await alice.delete(`/orgs/${other}/resources/${id}`)).status).toBe(404);
  });

  it.each([UNKNOWN, 'nonsense', '%00'])('with the id %s is not found', async (id) => {
    expect((await alice.get(`/orgs/${org}/resources/${id}`)).status).toBe(404);
    expect((await alice.patch(`/orgs/${org}/resources/${id}`, { name: 'x' })).status).toBe(404);
    expect((await alice.delete(`/orgs/${org}/resources/${id}`)).status).toBe(404);
  });

  it.each([
    ['name', {}],
    ['name', { name: null }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\0b' }],
    ['sensitivity', { name: 'a', sensitivity: 'secret' }],
    ['sensitivity', { name: 'a', sensitivity: null }],
    ['description', { name: 'a', description: 5 }],
    ['description', { name: 'a', description: 'x'.repeat(10_001) }],
    ['id', { name: 'a', id: UNKNOWN }],
  ])('is refused if %s is invalid: %#', async (field, body) => {
    const answer = await alice.post(`/orgs/${org}/resources`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe(field);
  });

  it.each([{ name: null }, { name: '' }, { sensitivity: null }, { org_id: UNKNOWN }])(
    'is not changed by %j',
    async (body) => {
      const id = await created();
      const answer = await alice.patch(`/orgs/${org}/resources/${id}`, body);
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].field).toBe(Object.keys(body)[0]);
    },
  );
});

describe('resources', () => {
  it('are listed page by page, oldest first', async () => {
    const ids = [await created(), await created(), await created()];
    const first = await alice.get(`/orgs/${org}/resources?limit=2`);
    const second = await alice.get(`/orgs/${org}/resources?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(ids);
    expect(second.body.next_cursor).toBeNull();
  });

  it('are not created in an organization that is being deleted', async () => {
    const content = { name: 'Late', sensitivity: 'normal', description: null } as const;
    const late = node.app.get(ResourcesService).create(UNKNOWN, content);
    await expect(late).rejects.toMatchObject({ status: 404 });
  });

  it('publish nothing for a change that is rolled back', async () => {
    const dataSource = node.app.get(DataSource);
    const change = dataSource.transaction(async (manager) => {
      const resource = { id: uuidv7(), orgId: org, name: 'Ghost', sensitivity: 'normal', description: null } as const;
      await manager.save(manager.create(Resource, resource));
      throw new Error('rolled back');
    });
    await expect(change).rejects.toThrow('rolled back');
    await alice.post(`/orgs/${org}/resources`, { name: 'Real' });
    expect(await events.next()).toMatchObject({ data: { resource_name: 'Real' } });
  });
});
