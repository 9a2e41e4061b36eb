import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Export } from '../src/exports/export.entity.js';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { until } from '../src/realtime/testing/until.js';

let node: Herald;
let alice: ApiClient;
let org: string;

beforeAll(async () => {
  node = await herald();
  alice = await node.api('alice', { roles: ['realtime-admin'] });
  org = await node.organization('alice');
  await node.redis.kill();
});

afterAll(() => node.stop());

describe('while Redis is down', () => {
  it('writes succeed, and their messages are accepted', async () => {
    const created = await alice.post(`/orgs/${org}/resources`, { name: 'Report' });
    expect(created.status).toBe(201);
    const path = `/orgs/${org}/resources/${created.body.id}`;
    expect((await alice.patch(path, { name: 'Better' })).status).toBe(200);
    expect((await alice.delete(path)).status).toBe(204);
    expect((await alice.post(`/orgs/${org}/members`, { user_id: 'bob' })).status).toBe(201);
    expect((await alice.delete(`/orgs/${org}/members/bob`)).status).toBe(204);
    expect((await alice.post(`/orgs/${org}/events`, { event_type: 'invoice.paid', data: {} })).status).toBe(202);
    const notification = { user_id: 'bob', notification: { title: 'Hello' } };
    expect((await alice.post('/notifications', notification)).status).toBe(201);
  });

  it('exports are refused, and leave nothing behind', async () => {
    const { status, body, headers } = await alice.post(`/orgs/${org}/exports`, { format: 'csv' });
    expect(status).toBe(503);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.detail).toContain('redis');
    expect(await node.app.get(DataSource).getRepository(Export).count()).toBe(0);
  });

  it('exports are accepted again afterwards', async () => {
    await node.redis.start();
    await until(async () => (await alice.post(`/orgs/${org}/exports`, { format: 'csv' })).status === 202);
  });
});
