import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BroadcastService } from '../src/realtime/index.js';
import type { ApiClient } from './support/api-client.js';
import { outboxIsEmpty } from './support/database-snapshot.js';
import { settle, type Tenant } from './support/tenant.js';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, twoHeralds } from './support/herald.js';
import { closeAllClients, connect, type Frame, type TestClient } from './support/ws-client.js';

const QUOTA = 5;

let one: Herald;
let two: Herald;
let broadcast: BroadcastService;
let theirs: Tenant;
let ours: Tenant;
let operator: ApiClient;

beforeAll(async () => {
  [one, two] = await twoHeralds({
    RUN_JOBS: 'true',
    ORG_RESOURCE_QUOTA: String(QUOTA),
    WS_MAX_CONNECTIONS_PER_USER: '0',
  });
  broadcast = one.app.get(BroadcastService, { strict: false });
  [theirs, ours] = [await settle(one, 'theirs'), await settle(one, 'ours')];
  operator = await one.api('operator', { roles: ['realtime-admin'] });
});
afterEach(closeAllClients);
afterAll(() => one.stop());

let turns = 0;

/** Connects to the nodes in turn, so that users are spread over both. */
async function enter(path: string, userId: string): Promise<TestClient> {
  turns += 1;
  return (turns % 2 === 0 ? one : two).join(path, userId);
}

const settled = (): Promise<void> => outboxIsEmpty(one.app.get(DataSource));

const titleOf = ({ notification }: Frame): unknown => (notification as { title?: unknown } | undefined)?.title;

describe('all activity in an organization', () => {
  const OUTSIDERS = ['stranger', 'former', 'ours-member', 'ours-owner'];

  /** Triggers everything that publishes, naming outsiders wherever a user can be named. */
  async function makeNoise({ orgId, resourceId, owner, memberId }: Tenant): Promise<void> {
    const org = `/orgs/${orgId}`;
    const visitor = await enter(`/ws/events/${orgId}/`, memberId);
    await owner.patch(org, { name: 'Acme, Inc.' });
    await owner.post(`${org}/members`, { user_id: 'passing' });
    await owner.patch(`${org}/members/passing`, { role: 'admin' });
    await owner.delete(`${org}/members/passing`);
    for (let n = 2; n <= QUOTA; n += 1) await owner.post(`${org}/resources`, { name: 'Quarterly report' });
    await owner.patch(`${org}/resources/${resourceId}`, { name: 'Yearly report' });
    const everybody = [memberId, ...OUTSIDERS].map((name) => `@${name}`).join(' ');
    await owner.post(`${org}/resources/${resourceId}/comments`, { body: everybody });
    for (const to of [memberId, ...OUTSIDERS]) await owner.post(`${org}/messages`, { to, body: 'Lunch?' });
    await owner.post(`${org}/exports`, { format: 'csv' });
    await owner.post(`${org}/events`, { event_type: 'invoice.paid', data: { user_id: 'stranger' } });
    await broadcast.broadcastOrgEvent(orgId, 'invoice.sent', {});
    await operator.post('/alerts', { message: 'Soon', severity: 'warning', org_id: orgId });
    await owner.delete(`${org}/resources/${resourceId}`);
    await visitor.close();
  }

  const TOLD = [
    'member.joined',
    'member.left',
    'resource.created',
    'resource.updated',
    'resource.deleted',
    'quota.warning',
    'invoice.paid',
    'invoice.sent',
    'system.alert',
  ];

  it('reaches its members, and nobody else', async () => {
    const noisy = await settle(one, 'noisy');
    await noisy.owner.post(`/orgs/${noisy.orgId}/members`, { user_id: 'former' });
    await noisy.owner.delete(`/orgs/${noisy.orgId}/members/former`);
    await ours.owner.post(`/orgs/${ours.orgId}/members`, { user_id: 'ours-third' });
    await settled();
    const inside = {
      events: await enter(`/ws/events/${noisy.orgId}/?presence=true`, noisy.ownerId),
      ownNotifications: await enter('/ws/notifications/', noisy.ownerId),
      memberNotifications: await enter('/ws/notifications/', noisy.memberId),
    };
    const watching = await enter(`/ws/events/${ours.orgId}/?presence=true`, ours.memberId);
    const events = [watching, await enter(`/ws/events/${ours.orgId}/`, ours.ownerId)];
    // Presence changes arrive with a short delay.
    await until(() => watching.received.some((frame) => frame.user_id === ours.ownerId && frame.action === 'joined'));
    const inboxes = await Promise.all(OUTSIDERS.map((name) => enter('/ws/notifications/', name)));
    const before = new Map([...events, ...inboxes].map((client) => [client, client.received.length]));
    const since = (client: TestClient): Frame[] => client.received.slice(before.get(client));

    await makeNoise(noisy);
    await until(() => {
      const types = inside.events.received.map(({ event_type }) => event_type);
      const presence = inside.events.received.filter((frame) => frame.user_id === noisy.memberId && 'action' in frame);
      return TOLD.every((type) => types.includes(type)) && presence.length === 2;
    });
    const typesOf = ({ received }: TestClient) =>
      received.map(({ notification }) => (notification as { type?: unknown } | undefined)?.type);
    await until(() => typesOf(inside.ownNotifications).includes('task.completed'));
    await until(() =>
      ['mention.received', 'message.received'].every((type) => typesOf(inside.memberNotifications).includes(type)),
    );
    await noisy.owner.delete(`/orgs/${noisy.orgId}`);
    expect(await inside.events.closed()).toEqual({ code: 4003, reason: 'not_a_member' });

    // Any misrouted message would have arrived before these.
    await settled();
    for (const name of OUTSIDERS) await broadcast.broadcastNotification(name, { title: 'The end' });
    await ours.owner.post(`/orgs/${ours.orgId}/events`, { event_type: 'the.end', data: {} });
    const third = await enter(`/ws/events/${ours.orgId}/`, 'ours-third');
    await until(() => watching.received.some((frame) => frame.user_id === 'ours-third' && frame.action === 'joined'));
    await until(() => events.every((client) => client.received.some(({ event_type }) => event_type === 'the.end')));
    await until(() => inboxes.every((client) => client.received.some((frame) => titleOf(frame) === 'The end')));
    for (const client of inboxes) expect(since(client).map(titleOf)).toEqual(['The end']);
    expect(
      since(watching)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['event', 'presence']);
    expect(events.slice(1).map((client) => since(client).map(({ type }) => type))).toEqual([['event']]);
    const kept = await (await one.api('stranger')).get('/notifications');
    expect(kept.body.items.map(({ title }: { title: string }) => title)).toEqual(['The end']);
    await third.close();
  });
});

describe('a cursor from another', () => {
  /** All cursors that a client receives on a channel while something is published there. */
  async function cursorsOf(path: string, userId: string, tell: () => Promise<unknown>): Promise<string[]> {
    const client = await enter(path, userId);
    const count = client.received.length;
    await tell();
    await tell();
    await until(() => client.received.length >= count + 2);
    await client.close();
    return client.received.map(({ cursor }) => String(cursor));
  }

  async function expectNothingOf(cursors: string[], path: string, userId: string, tell: () => Promise<unknown>) {
    for (const cursor of cursors) {
      const client = await enter(`${path}?cursor=${encodeURIComponent(cursor)}`, userId);
      expect(client.received).toEqual([expect.objectContaining({ resumed: false })]);
      await tell();
      await client.next();
      expect(client.received).toHaveLength(2);
      await client.close();
    }
  }

  const say = ({ owner, orgId }: Tenant) => owner.post(`/orgs/${orgId}/events`, { event_type: 'a.word', data: {} });
  const notify = (userId: string) => broadcast.broadcastNotification(userId, { title: 'A word' });

  it('organization recovers none of its messages', async () => {
    await settled();
    const cursors = await cursorsOf(`/ws/events/${theirs.orgId}/`, theirs.ownerId, () => say(theirs));
    // A channel with the same position and amount of history.
    await cursorsOf(`/ws/events/${ours.orgId}/`, ours.ownerId, () => say(ours));
    await expectNothingOf(cursors, `/ws/events/${ours.orgId}/`, ours.ownerId, () => say(ours));
    await expectNothingOf(cursors, '/ws/notifications/', 'stranger', () => notify('stranger'));
  });

  // @abuse RES-06
  it('user recovers none of their messages', async () => {
    await settled();
    const cursors = await cursorsOf('/ws/notifications/', 'someone', () => notify('someone'));
    await cursorsOf('/ws/notifications/', 'someone-else', () => notify('someone-else'));
    await expectNothingOf(cursors, '/ws/notifications/', 'someone-else', () => notify('someone-else'));
  });

  it('organization does not admit a former member', async () => {
    await settled();
    const cursors = await cursorsOf(`/ws/events/${theirs.orgId}/`, theirs.ownerId, () => say(theirs));
    for (const cursor of cursors) {
      const url = `${one.wsUrl}/ws/events/${theirs.orgId}/?cursor=${encodeURIComponent(cursor)}`;
      const client = await connect(url, { token: await one.tokenFor('former') });
      expect(await client.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
      expect(client.received).toEqual([]);
    }
  });
});

describe('user ids that a careless encoding would confuse', () => {
  const ORG = '01997a6e-7e3f-7000-8000-000000000000';
  const IDS = [
    ...['bob', 'Bob', 'BOB', 'bob ', ' bob', 'bob.', 'b\u200bob', 'bоb'],
    ...['a:b', 'a%3Ab', 'a%3ab', 'a%253Ab', 'a b', 'a+b', 'a%20b', 'a/b', 'a%2Fb', 'a\\b', 'a', 'b'],
    ...[
      'user:bob',
      'user:user:bob',
      'org:bob',
      'presence:bob',
      'node:all',
      'all',
      '*',
      '?',
      'bo*',
      'b[o]b',
      '{bob}',
      '{',
    ],
    ...[ORG, `org:${ORG}`, `presence:${ORG}`, ORG.toUpperCase()],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'null', 'undefined', '0', '00', '-0'],
    ...['José'.normalize('NFC'), 'José'.normalize('NFD'), 'JOSÉ', 'ﬁ', 'fi', 'ß', 'ss', 'ı', 'i', 'I', 'İ', '①', '1'],
    ...['x'.repeat(255), 'x'.repeat(254), `${'x'.repeat(254)}y`, '🎉'.repeat(255), '🎉'.repeat(254), "'", "''", '"'],
  ];

  // @abuse AUTHZ-20
  it('belong to different users', async () => {
    expect(new Set(IDS).size).toBe(IDS.length);
    const clients = await Promise.all(IDS.map((id) => enter('/ws/notifications/', id)));
    for (const id of IDS) await broadcast.broadcastNotification(id, { title: 'For one', to: id });
    await Promise.all(IDS.map((id) => broadcast.broadcastNotification(id, { title: 'The end', to: id })));
    await until(() => clients.every(({ received }) => received.some((frame) => titleOf(frame) === 'The end')));
    const got = clients.map(({ received }) =>
      received.slice(1).map(({ notification }) => (notification as { to?: unknown }).to),
    );
    expect(got).toEqual(IDS.map((id) => [id, id]));
    for (const id of IDS) {
      const { items } = (await (await one.api(id)).get('/notifications')).body as { items: { to: string }[] };
      expect(items.map(({ to }) => to)).toEqual([id, id]);
    }
  });

  it('are removed and disconnected individually', async () => {
    await settled();
    const { orgId, owner } = theirs;
    const ids = ['bob', 'Bob', 'bob ', 'BOB', '__proto__'];
    for (const id of ids) await owner.post(`/orgs/${orgId}/members`, { user_id: id });
    await settled();
    const clients = await Promise.all(ids.map((id) => enter(`/ws/events/${orgId}/`, id)));
    expect((await owner.delete(`/orgs/${orgId}/members/bob`)).status).toBe(204);
    await operator.post(`/realtime/users/${encodeURIComponent('BOB')}/disconnect`);
    expect(await clients[0]?.closed()).toEqual({ code: 4003, reason: 'not_a_member' });
    expect(await clients[3]?.closed()).toEqual({ code: 4001, reason: 'disconnected' });
    for (const index of [1, 2, 4]) await clients[index]?.ping();
  });
});
