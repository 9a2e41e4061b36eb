import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt, IsUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { Membership } from '../src/organizations/membership.entity.js';
import { BroadcastService, defineOrgEvent } from '../src/realtime/index.js';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import { Resource } from '../src/resources/resource.entity.js';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients, type TestClient } from './support/ws-client.js';

class TestShipped {
  @IsUUID()
  order_id: string;

  @IsInt()
  parcels: number;
}

declare module '../src/realtime/index.js' {
  interface OrgEvents {
    'test.shipped': TestShipped;
    'test.packed': TestShipped;
  }
}
defineOrgEvent('test.shipped', TestShipped, { overHttp: true });
defineOrgEvent('test.packed', TestShipped);

let node: Herald;
let broadcast: BroadcastService;
let dataSource: DataSource;
let owner: ApiClient;
let orgId: string;

beforeAll(async () => {
  node = await herald();
  broadcast = node.app.get(BroadcastService, { strict: false });
  dataSource = node.app.get(DataSource);
  owner = await node.api('owner');
  orgId = ((await owner.post('/orgs', { name: 'Acme' })).body as { id: string }).id;
});
afterAll(() => node.stop());
afterEach(closeAllClients);

const notifications = (userId: string) => node.join('/ws/notifications/', userId);
const events = () => node.join(`/ws/events/${orgId}/`, 'owner');

/** Publishes a marker, and returns the types of the events received before it. */
async function eventsUntilMarker(client: TestClient): Promise<unknown[]> {
  await broadcast.broadcastOrgEvent(orgId, 'test.marker', {});
  const types: unknown[] = [];
  for (;;) {
    const { event_type: type } = await client.next();
    if (type === 'test.marker') return types;
    types.push(type);
  }
}

describe('broadcastNotification', () => {
  // @abuse AUTHZ-21
  it('reaches all connections of the user, and nobody else’s', async () => {
    const [phone, laptop, other] = [
      await notifications('alice'),
      await notifications('alice'),
      await notifications('alicE'),
    ];
    await broadcast.broadcastNotification('alice', {
      title: 'Task Complete',
      body: 'Ready',
      action_url: '/x',
      extra: [1],
    });
    await broadcast.broadcastNotification('alicE', { title: 'Other' });
    const frame = await phone.next();
    expect(frame).toEqual({
      type: 'notification',
      notification: {
        title: 'Task Complete',
        body: 'Ready',
        action_url: '/x',
        extra: [1],
        id: expect.any(String),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
      cursor: expect.any(String),
    });
    expect(await laptop.next()).toEqual(frame);
    expect(await other.next()).toMatchObject({ notification: { title: 'Other' } });
  });

  it('keeps the sender’s timestamp', async () => {
    const client = await notifications('alice');
    await broadcast.broadcastNotification('alice', { title: 'Old', timestamp: '2020-01-01T00:00:00.000Z' });
    expect(await client.next()).toMatchObject({ notification: { timestamp: '2020-01-01T00:00:00.000Z' } });
  });

  it.each(['auth0|5f', 'a@b.c', '__proto__', 'user:1', '*', '{x}', '%2F', 'žluť 🐎'])(
    'accepts the user id %s',
    async (userId) => {
      const client = await notifications(userId);
      await broadcast.broadcastNotification(userId, { title: userId });
      expect(await client.next()).toMatchObject({ notification: { title: userId } });
    },
  );

  it.each<[string, string, unknown]>([
    ['user_id', '', { title: 'x' }],
    ['user_id', 'x'.repeat(256), { title: 'x' }],
    ['user_id', 'a\nb', { title: 'x' }],
    ['notification', 'alice', null],
    ['notification.title', 'alice', {}],
    ['notification.title', 'alice', { title: '' }],
    ['notification.title', 'alice', { title: 'x'.repeat(201) }],
    ['notification.body', 'alice', { title: 'x', body: 'x'.repeat(4_001) }],
    ['notification.type', 'alice', { title: 'x', type: 1 }],
    ['notification.extra', 'alice', { title: 'x', extra: undefined }],
    ['notification', 'alice', { title: 'x', extra: 'x'.repeat(65_536) }],
  ])('names %s if it is invalid', async (field, userId, notification) => {
    const call = broadcast.broadcastNotification(userId, notification as { title: string });
    await expect(call).rejects.toMatchObject({ name: 'InvalidBroadcastError', errors: [{ field }] });
  });

  it('publishes only once for an idempotency key', async () => {
    const client = await notifications('alice');
    for (const title of ['first', 'second']) {
      await broadcast.broadcastNotification('alice', { title }, { idempotencyKey: 'job:1' });
    }
    await broadcast.broadcastNotification('alice', { title: 'third' });
    expect(await client.next()).toMatchObject({ notification: { title: 'first' } });
    expect(await client.next()).toMatchObject({ notification: { title: 'third' } });
  });
});

describe('broadcastOrgEvent', () => {
  it('reaches the connected members, with increasing cursors', async () => {
    const client = await events();
    await broadcast.broadcastOrgEvent(orgId.toUpperCase(), 'test.paid', { amount_cents: 100 });
    await broadcast.broadcastOrgEvent(orgId, 'test.paid', { amount_cents: 200 });
    const [first, second] = [await client.next(), await client.next()];
    expect(first).toEqual({
      type: 'event',
      event_type: 'test.paid',
      data: { amount_cents: 100 },
      cursor: expect.any(String),
    });
    expect(String(second.cursor) > String(first.cursor)).toBe(true);
  });

  it.each<[string, string, string, unknown]>([
    ['org_id', 'acme', 'a.b', {}],
    ['org_id', '*', 'a.b', {}],
    ['org_id', '', 'a.b', {}],
    ['event_type', '', '', {}],
    ['event_type', '', 'created', {}],
    ['event_type', '', 'a.b.c', {}],
    ['event_type', '', 'a b.c', {}],
    ['event_type', '', 'A.b', {}],
    ['data', '', 'a.b', []],
    ['data.self', '', 'a.b', { self: new Map() }],
  ])('names %s if it is invalid', async (field, id, type, data) => {
    const call = broadcast.broadcastOrgEvent(field === 'org_id' ? id : orgId, type, data as object);
    await expect(call).rejects.toMatchObject({ name: 'InvalidBroadcastError', errors: [{ field }] });
  });
});

describe('a payload whose type is in the catalogue', () => {
  // @abuse PUB-01
  it('is refused in an event if it is invalid, and nothing is sent', async () => {
    const client = await events();
    // A computed type, which the compiler does not check against the catalogue.
    const type = ['resource', 'created'].join('.');
    const data = { resource_id: 1, resource_name: 'Plan', org_id: orgId, timestamp: new Date().toISOString() };
    await expect(broadcast.broadcastOrgEvent(orgId, type, data)).rejects.toMatchObject({
      name: 'InvalidBroadcastError',
      errors: [
        { field: 'data.sensitivity', message: expect.stringContaining('got none') },
        { field: 'data.resource_id', message: expect.stringContaining('got 1') },
      ],
    });
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  // @abuse PUB-01
  it('is refused in a notification if it is invalid, and nothing is stored or sent', async () => {
    const client = await notifications('wendy');
    const notification = { title: 'Done', type: 'task.completed', task_id: randomUUID() };
    const refused = { errors: [{ field: 'notification.task_name' }, { field: 'notification.action_url' }] };
    await expect(broadcast.broadcastNotification('wendy', notification)).rejects.toMatchObject(refused);
    await expect(broadcast.broadcastNotification('wendy', notification, { ephemeral: true })).rejects.toMatchObject(
      refused,
    );
    await expect(broadcast.broadcastToEveryone(notification)).rejects.toMatchObject(refused);
    await broadcast.broadcastNotification('wendy', { title: 'Marker' });
    expect(await client.next()).toMatchObject({ notification: { title: 'Marker' } });
    const inbox = await (await node.api('wendy')).get('/notifications');
    expect(inbox.body).toMatchObject({ items: [{ title: 'Marker' }] });
  });

  it('is not validated when another service notifies', async () => {
    const client = await notifications('dora');
    const service = await node.api('service', { roles: ['realtime-admin'] });
    const notification = { title: 'Done', type: 'task.completed' };
    expect((await service.post('/notifications', { user_id: 'dora', notification })).status).toBe(201);
    expect(await client.next()).toMatchObject({ notification });
  });

  it('is validated by the application’s own classes, in code and over HTTP', async () => {
    const client = await events();
    const data = { order_id: randomUUID(), parcels: 2, further: true };
    await broadcast.broadcastOrgEvent(orgId, 'test.shipped', data);
    expect(await client.next()).toMatchObject({ event_type: 'test.shipped', data });
    const post = (parcels: unknown) =>
      owner.post(`/orgs/${orgId}/events`, { event_type: 'test.shipped', data: { ...data, parcels } });
    expect(await post('two')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'data.parcels', message: 'parcels must be an integer number, got "two"' }] },
    });
    expect((await post(3)).status).toBe(202);
    expect(await client.next()).toMatchObject({ data: { parcels: 3 } });
  });

  it('can’t be published over HTTP unless its definition allows it', async () => {
    const data = { order_id: randomUUID(), parcels: 2 };
    expect(await owner.post(`/orgs/${orgId}/events`, { event_type: 'test.packed', data })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'event_type', message: expect.stringContaining('reserved') }] },
    });
  });
});

describe('a broadcast in a transaction', () => {
  // @abuse PG-09
  it('is published after the commit, when the change is visible to everyone, every time', async () => {
    const client = await events();
    for (let time = 0; time < 100; time += 1) {
      const id = randomUUID();
      const committed = dataSource.transaction(async (manager) => {
        await manager.query('INSERT INTO organizations (id, name) VALUES ($1, $2)', [id, 'New']);
        await broadcast.broadcastOrgEvent(orgId, 'test.committed', { id }, { manager });
      });
      expect(await client.next()).toMatchObject({ event_type: 'test.committed', data: { id } });
      expect(await dataSource.query('SELECT name FROM organizations WHERE id = $1', [id])).toEqual([{ name: 'New' }]);
      await committed;
    }
  });

  // @abuse PUB-17
  it('is never published if the transaction is rolled back', async () => {
    const client = await events();
    const transaction = dataSource.transaction(async (manager) => {
      await broadcast.broadcastOrgEvent(orgId, 'test.rolled_back', {}, { manager });
      throw new Error('no');
    });
    await expect(transaction).rejects.toThrow('no');
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  // @abuse PUB-17, PG-08
  it('follows its savepoint: an inner rollback discards it, even if the outer transaction commits', async () => {
    const client = await events();
    await dataSource.transaction(async (outer) => {
      await broadcast.broadcastOrgEvent(orgId, 'test.outer', {}, { manager: outer });
      const inner = outer.transaction(async (manager) => {
        await broadcast.broadcastOrgEvent(orgId, 'test.inner', {}, { manager });
        throw new Error('no');
      });
      await expect(inner).rejects.toThrow('no');
      await outer.transaction((manager) => broadcast.broadcastOrgEvent(orgId, 'test.nested', {}, { manager }));
    });
    expect([await client.next(), await client.next()]).toMatchObject([
      { event_type: 'test.outer' },
      { event_type: 'test.nested' },
    ]);
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  it('keeps the order of the commits, even of concurrent ones', async () => {
    const client = await events();
    for (let n = 0; n < 50; n += 1) {
      await dataSource.transaction((manager) => broadcast.broadcastOrgEvent(orgId, 'test.ordered', { n }, { manager }));
    }
    for (let n = 0; n < 50; n += 1) expect(await client.next()).toMatchObject({ data: { n } });
  });

  it('is published at once if the manager is not in a transaction', async () => {
    const client = await events();
    await broadcast.broadcastOrgEvent(orgId, 'test.alone', {}, { manager: dataSource.manager });
    expect(await client.next()).toMatchObject({ event_type: 'test.alone' });
  });

  it('validates its arguments before it writes anything', async () => {
    const transaction = dataSource.transaction((manager) =>
      broadcast.broadcastOrgEvent(orgId, 'wrong', {}, { manager }),
    );
    await expect(transaction).rejects.toMatchObject({ name: 'InvalidBroadcastError' });
  });
});

describe('entity subscribers', () => {
  it('publish changes of resources in order', async () => {
    const client = await events();
    const path = `/orgs/${orgId}/resources`;
    const { id } = (await owner.post(path, { name: 'Plan', sensitivity: 'confidential' })).body as { id: string };
    await owner.patch(`${path}/${id}`, { name: 'Plan B' });
    await owner.patch(`${path}/${id}`, { name: 'Plan B' });
    await owner.delete(`${path}/${id}`);
    const common = { resource_id: id, org_id: orgId, timestamp: expect.any(String) };
    expect((await client.next()).data).toEqual({ ...common, resource_name: 'Plan', sensitivity: 'confidential' });
    expect(await client.next()).toMatchObject({ event_type: 'resource.updated', data: { resource_name: 'Plan B' } });
    expect(await client.next()).toMatchObject({
      event_type: 'resource.deleted',
      data: { ...common, resource_name: 'Plan B' },
    });
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  // @abuse PUB-17
  it('publish nothing for a change that was rolled back', async () => {
    const client = await events();
    const transaction = dataSource.transaction(async (manager) => {
      const resource = manager.create(Resource, {
        id: randomUUID(),
        orgId,
        name: 'Ghost',
        sensitivity: 'normal',
        description: null,
      });
      await manager.save(resource);
      throw new Error('no');
    });
    await expect(transaction).rejects.toThrow('no');
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['an update of resources', () => dataSource.getRepository(Resource).update({ orgId }, { name: 'Silent' })],
    ['a deletion of resources', () => dataSource.getRepository(Resource).delete({ orgId })],
    ['an update of memberships', () => dataSource.getRepository(Membership).update({ orgId }, { role: 'member' })],
    ['a deletion of memberships', () => dataSource.getRepository(Membership).delete({ orgId })],
    // @abuse PG-11
  ])('refuse %s by criteria, which would publish nothing, and change nothing', async (_, change) => {
    const client = await events();
    const path = `/orgs/${orgId}/resources`;
    const { id } = (await owner.post(path, { name: 'Kept' })).body as { id: string };
    expect(await client.next()).toMatchObject({ event_type: 'resource.created' });
    await expect(change()).rejects.toThrow('load them, and use save or remove');
    expect((await owner.get(`${path}/${id}`)).body).toMatchObject({ name: 'Kept' });
    expect((await owner.get(`/orgs/${orgId}`)).body).toMatchObject({ role: 'owner' });
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  // @abuse PG-12
  it('publish an update for a row that is saved again', async () => {
    const client = await events();
    const content = { orgId, sensitivity: 'normal', description: null } as const;
    const resources = dataSource.getRepository(Resource);
    const id = randomUUID();
    await resources.save(resources.create({ ...content, id, name: 'One' }));
    await resources.save(resources.create({ ...content, id, name: 'Two' }));
    expect([await client.next(), await client.next()]).toMatchObject([
      { event_type: 'resource.created', data: { resource_id: id, resource_name: 'One' } },
      { event_type: 'resource.updated', data: { resource_id: id, resource_name: 'Two' } },
    ]);
  });

  // @abuse PG-13
  it('publish nothing for changes made by SQL', async () => {
    const client = await events();
    await dataSource.query(
      `INSERT INTO resources (id, org_id, name, sensitivity) VALUES ($1, $2, 'By hand', 'normal')`,
      [randomUUID(), orgId],
    );
    await dataSource.query(`DELETE FROM resources WHERE name = 'By hand'`);
    expect(await eventsUntilMarker(client)).toEqual([]);
  });

  it.each(['40001', '40P01'])(
    // @abuse PG-20
    'publish nothing for a change that lost a conflict, which is a 409 (%s)',
    async (state) => {
      const client = await events();
      await dataSource.query(`CREATE OR REPLACE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'another was first' USING ERRCODE = '${state}'; END $$`);
      await dataSource.query(`CREATE CONSTRAINT TRIGGER give_up AFTER INSERT ON resources
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION give_up()`);
      const path = `/orgs/${orgId}/resources`;
      try {
        const { status, headers, body } = await owner.post(path, { name: 'Late' });
        expect([status, headers.get('content-type')]).toEqual([409, expect.stringContaining('problem+json')]);
        expect(JSON.stringify(body)).not.toContain('another was first');
      } finally {
        await dataSource.query('DROP TRIGGER give_up ON resources');
      }
      expect(await eventsUntilMarker(client)).toEqual([]);
      expect((await owner.post(path, { name: 'Again' })).status).toBe(201);
      expect(await client.next()).toMatchObject({ event_type: 'resource.created', data: { resource_name: 'Again' } });
    },
  );

  it('publish membership changes, and notify the new member', async () => {
    const client = await events();
    const carol = await notifications('carol');
    await owner.post(`/orgs/${orgId}/members`, { user_id: 'carol' });
    expect(await client.next()).toMatchObject({
      event_type: 'member.joined',
      data: { user_id: 'carol', org_id: orgId, role: 'member', timestamp: expect.any(String) },
    });
    expect(await carol.next()).toMatchObject({
      notification: { title: 'Added to Organization', org_id: orgId, org_name: 'Acme', action_url: expect.any(String) },
    });
    await owner.delete(`/orgs/${orgId}/members/carol`);
    expect(await client.next()).toMatchObject({
      event_type: 'member.left',
      data: { user_id: 'carol', org_id: orgId, timestamp: expect.any(String) },
    });
  });
});

describe('the end of a membership', () => {
  const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };

  it('closes that member’s connections to the organization, and no others', async () => {
    await owner.post(`/orgs/${orgId}/members`, { user_id: 'erin' });
    const [erin, notified, other] = [
      await node.join(`/ws/events/${orgId}/`, 'erin'),
      await notifications('erin'),
      await events(),
    ];
    await owner.delete(`/orgs/${orgId}/members/erin`);
    expect(await erin.closed()).toEqual(NOT_A_MEMBER);
    await notified.ping();
    await other.ping();
  });

  it('closes nothing if it is rolled back', async () => {
    await owner.post(`/orgs/${orgId}/members`, { user_id: 'frank' });
    await flushOutbox(node.app);
    const frank = await node.join(`/ws/events/${orgId}/`, 'frank');
    const transaction = dataSource.transaction(async (manager) => {
      await manager.remove(await manager.findOneByOrFail(Membership, { orgId, userId: 'frank' }));
      throw new Error('no');
    });
    await expect(transaction).rejects.toThrow('no');
    expect(await eventsUntilMarker(frank)).toEqual([]);
  });

  // @abuse AUTHZ-03
  it('disconnects all members when the organization is deleted', async () => {
    const id = ((await owner.post('/orgs', { name: 'Short' })).body as { id: string }).id;
    const client = await node.join(`/ws/events/${id}/`, 'owner');
    expect((await owner.delete(`/orgs/${id}`)).status).toBe(204);
    expect(await client.closed()).toEqual(NOT_A_MEMBER);
  });
});

describe('REST controllers', () => {
  it('publish an event of the application’s own', async () => {
    const client = await events();
    const answer = await owner.post(`/orgs/${orgId}/events`, {
      event_type: 'deploy.finished',
      data: { version: '1.2' },
    });
    expect(answer.status).toBe(202);
    expect(await client.next()).toMatchObject({
      type: 'event',
      event_type: 'deploy.finished',
      data: { version: '1.2' },
    });
  });

  it.each([
    [{ event_type: 'resource.created', data: {} }, 'event_type'],
    [{ event_type: 'task.completed', data: {} }, 'event_type'],
    [{ event_type: 'created', data: {} }, 'event_type'],
    [{ event_type: 'a.b', data: [] }, 'data'],
    [{ event_type: 'a.b' }, 'data'],
    [{ data: {} }, 'event_type'],
    [{ event_type: 'a.b', data: {}, more: 1 }, 'more'],
  ])('refuse the event %j and name %s', async (body, field) => {
    const answer = await owner.post(`/orgs/${orgId}/events`, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field }] });
  });

  it('notify anyone, on behalf of other services', async () => {
    const client = await notifications('dave');
    const service = await node.api('service', { roles: ['realtime-admin'] });
    const notification = { title: 'Hi', body: 'there', further: { a: 1 } };
    const answer = await service.post('/notifications', { user_id: 'dave', notification });
    expect(answer.status).toBe(201);
    expect(await client.next()).toMatchObject({ type: 'notification', notification });
  });

  it('refuse to notify without the role', async () => {
    const answer = await owner.post('/notifications', { user_id: 'dave', notification: { title: 'Hi' } });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
