import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../src/realtime/index.js';
import { DataSource } from 'typeorm';
import { flushOutbox } from '../src/realtime/testing/flush-outbox.js';
import type { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients } from './support/ws-client.js';

let node: Herald;
let service: ApiClient;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false' });
  service = await node.api('billing', { roles: ['realtime-notify'] });
});
afterEach(closeAllClients);
afterAll(() => node.stop());

/** The titles in a user's inbox, newest first. */
async function inboxOf(userId: string): Promise<string[]> {
  const { body } = await (await node.api(userId)).get('/notifications');
  return (body.items as { title: string }[]).map(({ title }) => title);
}

const users = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}-${n}`);

describe('POST /notifications/batch', () => {
  it('gives many users the same notification, each with an id of its own', async () => {
    const user_ids = users('same', 300);
    const [first, last] = [
      await node.join('/ws/notifications/', 'same-0'),
      await node.join('/ws/notifications/', 'same-299'),
    ];
    const { status, body } = await service.post('/notifications/batch', { user_ids, notification: { title: 'News' } });
    expect([status, body]).toEqual([201, { stored: 300, repeated: 0, muted: 0 }]);
    const frames = [await first.next(), await last.next()] as { notification: { id: string; title: string } }[];
    expect(frames.map(({ notification }) => notification.title)).toEqual(['News', 'News']);
    expect(frames[0]?.notification.id).not.toBe(frames[1]?.notification.id);
    for (const userId of ['same-0', 'same-150', 'same-299']) expect(await inboxOf(userId)).toEqual(['News']);
    const { items } = (await (await node.api('same-299')).get('/notifications')).body as { items: { id: string }[] };
    expect(items[0]?.id).toBe(frames[1]?.notification.id);
  });

  it('sends many notifications, in their order for each user', async () => {
    const client = await node.join('/ws/notifications/', 'reader');
    const notifications = ['One', 'Two', 'Three'].flatMap((title) => [
      { user_id: 'reader', notification: { title } },
      { user_id: 'another', notification: { title: `${title} for another` } },
    ]);
    const { body } = await service.post('/notifications/batch', { notifications });
    expect(body).toEqual({ stored: 6, repeated: 0, muted: 0 });
    for (const title of ['One', 'Two', 'Three']) expect(await client.next()).toMatchObject({ notification: { title } });
    expect(await inboxOf('reader')).toEqual(['Three', 'Two', 'One']);
    expect(await inboxOf('another')).toEqual(['Three for another', 'Two for another', 'One for another']);
  });

  it('counts what users have already, and what they have muted', async () => {
    const quiet = await node.api('quiet');
    expect((await quiet.request('PUT', '/notifications/preferences', '{"muted":["news.weekly"]}')).status).toBe(200);
    const batch = (title: string) => ({
      user_ids: ['quiet', 'eager', 'eager'],
      notification: { title, type: 'news.weekly' },
      dedupe_key: 'week-48',
    });
    expect((await service.post('/notifications/batch', batch('First'))).body).toEqual({
      stored: 1,
      repeated: 0,
      muted: 1,
    });
    expect((await service.post('/notifications/batch', batch('Again'))).body).toEqual({
      stored: 0,
      repeated: 1,
      muted: 1,
    });
    expect([await inboxOf('quiet'), await inboxOf('eager')]).toEqual([[], ['First']]);
  });

  it('sends all or none: one that is not valid is named, and nothing is stored', async () => {
    const good = { user_id: 'nobody-1', notification: { title: 'Good' } };
    const wrong = [
      ['notifications.1.user_id', { notifications: [good, { ...good, user_id: '..' }] }],
      ['notifications.1.notification.title', { notifications: [good, { ...good, notification: { title: '' } }] }],
      ['notifications.1.more', { notifications: [good, { ...good, more: 1 }] }],
      ['notifications', { notifications: [good, 'text'] }],
      ['notifications', { notifications: [] }],
      ['notifications', { notifications: Array.from({ length: 1_001 }, () => good) }],
      ['notifications', { user_ids: ['nobody-1'], notification: { title: 'a' }, notifications: [good] }],
      ['dedupe_key', { notifications: [good], dedupe_key: 'key' }],
      [
        'notifications.1.notification',
        { notifications: [good, { ...good, notification: { title: 'a', x: 'x'.repeat(66_000) } }] },
      ],
      ['user_ids', { user_ids: ['nobody-1', 5], notification: { title: 'Good' } }],
      ['user_ids', { user_ids: [], notification: { title: 'Good' } }],
      ['user_ids', { notification: { title: 'Good' } }],
      ['notification', { user_ids: ['nobody-1'] }],
      ['notification.title', { user_ids: ['nobody-1'], notification: {} }],
      ['user_ids', {}],
    ] as const;
    for (const [field, request] of wrong) {
      const { status, body } = await service.post('/notifications/batch', request);
      expect([field, status, body.errors?.[0]?.field]).toEqual([field, 400, field]);
    }
    expect(await inboxOf('nobody-1')).toEqual([]);
  });

  it('lets batches for the same users run at once', async () => {
    const user_ids = users('shared', 400);
    const batches = [user_ids, user_ids.toReversed(), user_ids].map((ids) =>
      service.post('/notifications/batch', { user_ids: ids, notification: { title: 'Once' }, dedupe_key: 'once' }),
    );
    const answers = await Promise.all(batches);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(answers.reduce((sum, { body }) => sum + Number(body.stored), 0)).toBe(400);
  });

  it('lets batches with the same keys in another order run at once', async () => {
    const keys = Array.from({ length: 50 }, (_, n) => `key-${n}`);
    const batch = (order: readonly string[]) =>
      service.post('/notifications/batch', {
        notifications: order.map((dedupe_key) => ({
          user_id: 'keyed',
          notification: { title: dedupe_key },
          dedupe_key,
        })),
      });
    const answers = await Promise.all([batch(keys), batch(keys.toReversed()), batch(keys)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(answers.reduce((sum, { body }) => sum + Number(body.stored), 0)).toBe(50);
  });

  it('requires the realm role realtime-notify, which may notify and alert, and nothing else', async () => {
    const request = { user_ids: ['alice'], notification: { title: 'a' } };
    expect((await (await node.api('alice')).post('/notifications/batch', request)).status).toBe(403);
    const alert = { message: 'Maintenance', severity: 'info' };
    expect((await service.post('/alerts', alert)).status).toBe(202);
    expect((await service.post('/notifications', { user_id: 'bob', notification: { title: 'a' } })).status).toBe(201);
    expect((await service.get('/realtime/connections')).status).toBe(403);
    expect((await service.post('/realtime/users/bob/disconnect')).status).toBe(403);
    const admin = await node.api('root', { roles: ['realtime-admin'] });
    expect((await admin.post('/notifications/batch', request)).status).toBe(201);
  });
});

describe('POST /orgs/:org_id/notifications', () => {
  it('notifies every member, and nobody else', async () => {
    const orgId = await node.organization('olga', ['mia', 'max']);
    const olga = await node.api('olga');
    const mia = await node.join('/ws/notifications/', 'mia');
    const request = { notification: { title: 'Lunch', type: 'team.lunch' }, dedupe_key: 'lunch' };
    const { status, body } = await olga.post(`/orgs/${orgId}/notifications`, request);
    expect([status, body]).toEqual([202, { count: 3 }]);
    expect(await mia.next()).toMatchObject({ notification: { title: 'Lunch', org_id: orgId, from: 'olga' } });
    for (const userId of ['olga', 'max']) expect((await inboxOf(userId))[0]).toBe('Lunch');
    expect(await inboxOf('stranger')).toEqual([]);
    await olga.post(`/orgs/${orgId}/notifications`, request);
    expect((await inboxOf('mia')).filter((title) => title === 'Lunch')).toHaveLength(1);
  });

  it('keeps its dedupe keys apart from those of others', async () => {
    const orgId = await node.organization('otto', ['ida']);
    await (
      await node.api('otto')
    ).post(`/orgs/${orgId}/notifications`, { notification: { title: 'Mine' }, dedupe_key: 'key' });
    const { status } = await service.post('/notifications', {
      user_id: 'ida',
      notification: { title: 'Theirs' },
      dedupe_key: 'key',
    });
    expect(status).toBe(201);
  });

  it('refuses plain members, and types that the backend itself sends', async () => {
    const orgId = await node.organization('olga', ['mia']);
    const path = `/orgs/${orgId}/notifications`;
    expect((await (await node.api('mia')).post(path, { notification: { title: 'a' } })).status).toBe(403);
    const { status, body } = await (
      await node.api('olga')
    ).post(path, { notification: { title: 'a', type: 'system.alert' } });
    expect([status, body.errors[0].field]).toEqual([400, 'notification.type']);
    const large = await (await node.api('olga')).post(path, { notification: { title: 'a', more: 'x'.repeat(4_096) } });
    expect([large.status, large.body.errors[0].field]).toEqual([400, 'notification']);
  });
});

describe('POST /orgs/:org_id/events/batch', () => {
  it('publishes many events in their order', async () => {
    const orgId = await node.organization('olga', ['mia']);
    const client = await node.join(`/ws/events/${orgId}/`, 'mia');
    const events = Array.from({ length: 100 }, (_, n) => ({ event_type: 'row.added', data: { n } }));
    const { status, body } = await (await node.api('olga')).post(`/orgs/${orgId}/events/batch`, { events });
    expect([status, body]).toEqual([202, { count: 100 }]);
    for (const each of events) expect(await client.next()).toMatchObject(each);
  });

  it('spares the connection that the request names', async () => {
    const orgId = await node.organization('olga', ['mia']);
    const [own, other] = [
      await node.join(`/ws/events/${orgId}/`, 'olga'),
      await node.join(`/ws/events/${orgId}/`, 'mia'),
    ];
    const body = JSON.stringify({ events: [{ event_type: 'row.added', data: {} }] });
    const headers = { 'X-Connection-Id': String(own.received[0]?.connection_id) };
    const olga = await node.api('olga');
    expect((await olga.request('POST', `/orgs/${orgId}/events/batch`, body, headers)).status).toBe(202);
    expect(await other.next()).toMatchObject({ event_type: 'row.added' });
    await olga.post(`/orgs/${orgId}/events`, { event_type: 'test.marker', data: {} });
    expect(await own.next()).toMatchObject({ event_type: 'test.marker' });
  });

  it('publishes all or none: one that is not valid is named', async () => {
    const orgId = await node.organization('olga', ['mia']);
    const olga = await node.api('olga');
    const client = await node.join(`/ws/events/${orgId}/`, 'mia');
    const good = { event_type: 'row.added', data: {} };
    const wrong = [
      ['events.1.event_type', { events: [good, { ...good, event_type: 'resource.created' }] }],
      ['events.1.event_type', { events: [good, { ...good, event_type: 5 }] }],
      ['events.1.event_type', { events: [good, { ...good, event_type: 'Row' }] }],
      ['events.1.data', { events: [good, { ...good, data: [] }] }],
      ['events', { events: [good, []] }],
      ['events', { events: Array.from({ length: 101 }, () => good) }],
    ] as const;
    for (const [field, request] of wrong) {
      const { status, body } = await olga.post(`/orgs/${orgId}/events/batch`, request);
      expect([field, status, body.errors?.[0]?.field]).toEqual([field, 400, field]);
    }
    await olga.post(`/orgs/${orgId}/events`, { event_type: 'test.marker', data: {} });
    expect(await client.next()).toMatchObject({ event_type: 'test.marker' });
  });
});

describe('many broadcasts of the backend', () => {
  it('are sent if and only if their transaction commits', async () => {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    const orgId = await node.organization('olga', ['mia']);
    const [events, own] = [
      await node.join(`/ws/events/${orgId}/`, 'mia'),
      await node.join('/ws/notifications/', 'mia'),
    ];
    const send = (title: string, isCommitted: boolean): Promise<void> =>
      node.app.get(DataSource).transaction(async (manager) => {
        await broadcast.broadcastNotifications(['mia', 'olga'], { title }, { manager });
        await broadcast.broadcastOrgEvents(orgId, [{ eventType: 'row.added', data: { title } }], { manager });
        if (!isCommitted) throw new Error('Rolled back');
      });
    await expect(send('Never', false)).rejects.toThrow('Rolled back');
    await send('Done', true);
    expect(await own.next()).toMatchObject({ notification: { title: 'Done' } });
    expect(await events.next()).toMatchObject({ data: { title: 'Done' } });
    expect(await inboxOf('olga')).not.toContain('Never');
  });

  it('are stored in parts, all or none of them, each user’s in their order', async () => {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    const own = await node.join('/ws/notifications/', 'part-1700');
    const notifications = ['First', 'Second'].flatMap((title) =>
      users('part', 1_701).map((userId) => ({ userId, notification: { title } })),
    );
    const send = (isCommitted: boolean) =>
      node.app.get(DataSource).transaction(async (manager) => {
        expect(await broadcast.broadcastEachNotification(notifications, { manager })).toMatchObject({ stored: 3_402 });
        if (!isCommitted) throw new Error('Rolled back');
      });
    await expect(send(false)).rejects.toThrow('Rolled back');
    expect(await inboxOf('part-0')).toEqual([]);
    await send(true);
    await flushOutbox(node.app);
    for (const title of ['First', 'Second']) expect(await own.next()).toMatchObject({ notification: { title } });
    for (const userId of ['part-0', 'part-1700']) expect(await inboxOf(userId)).toEqual(['Second', 'First']);
  });

  it('can be shown without being stored, except to those who have muted the type', async () => {
    const broadcast = node.app.get(BroadcastService, { strict: false });
    const deaf = await node.api('deaf');
    await deaf.request('PUT', '/notifications/preferences', '{"muted":["typing.started"]}');
    const [keen, muted] = [
      await node.join('/ws/notifications/', 'keen'),
      await node.join('/ws/notifications/', 'deaf'),
    ];
    const notification = { title: 'Typing', type: 'typing.started' };
    const counts = await broadcast.broadcastNotifications(['keen', 'deaf'], notification, { ephemeral: true });
    expect(counts).toEqual({ stored: 0, repeated: 0, muted: 1, ephemeral: 1 });
    expect(await keen.next()).toMatchObject({ notification });
    await service.post('/notifications', { user_id: 'deaf', notification: { title: 'Marker' } });
    expect(await muted.next()).toMatchObject({ notification: { title: 'Marker' } });
    expect(await inboxOf('keen')).toEqual([]);
  });
});
