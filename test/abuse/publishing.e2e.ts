import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Membership } from '../../src/organizations/membership.entity.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { User } from '../../src/users/user.entity.js';
import { useAbusedNode } from '../support/abused-node.js';
import type { ApiClient } from '../support/api-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { type Frame } from '../support/ws-client.js';

const PUBLISHERS = 10;
const EVENTS_EACH = 100;
const HOUR_MS = 3_600_000;

const abused = useAbusedNode();
let broadcast: BroadcastService;
let dataSource: DataSource;
let owner: ApiClient;
let orgId: string;

beforeAll(async () => {
  broadcast = abused.node.app.get(BroadcastService, { strict: false });
  dataSource = abused.node.app.get(DataSource);
  owner = await abused.node.api('owner');
});
beforeEach(async () => {
  orgId = (await owner.post('/orgs', { name: 'Acme' })).body.id;
});

const enter = (path = `/ws/events/${orgId}/`, userId = 'owner') => abused.node.join(path, userId);

/** Expects that the call is refused with the field's name, and that nothing of it reaches clients or the outbox. */
async function expectRefused(field: string, call: () => Promise<unknown>): Promise<void> {
  const clients = [await enter(), await enter('/ws/notifications/')];
  const kept = () => dataSource.query('SELECT count(*) FROM realtime_outbox');
  const before: unknown = await kept();
  await expect(call()).rejects.toMatchObject({ name: 'InvalidBroadcastError', errors: [{ field }] });
  expect(await kept()).toEqual(before);
  await broadcast.broadcastOrgEvent(orgId, 'test.marker', {});
  await broadcast.broadcastNotification('owner', { title: 'Marker' }, { ephemeral: true });
  expect(await clients[0]?.next()).toMatchObject({ event_type: 'test.marker' });
  expect(await clients[1]?.next()).toMatchObject({ notification: { title: 'Marker' } });
}

/** For arguments that only untyped JavaScript can pass. */
const untyped = (value: unknown): string => value as string;

describe('a broadcast to an organization', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['nothing', ''],
    ['everything', '*'],
    ['all', 'all'],
    ['a pattern', 'org:*'],
    ['a channel', 'a:b'],
    ['a channel of an organization', `org:${randomUUID()}`],
    ['a letter', 'A'],
    ['a UUID with a space', ` ${randomUUID()}`],
    ['a UUID in braces', `{${randomUUID()}}`],
    ['a UUID without dashes', randomUUID().replaceAll('-', '')],
    ['two UUIDs', `${randomUUID()},${randomUUID()}`],
    ['a list', [randomUUID()]],
    ['a number', 1],
    ['an object', { toString: () => randomUUID() }],
    // @abuse PUB-12, PUB-16
  ])('is refused when its id is %s', async (_, id) => {
    await expectRefused('org_id', () => broadcast.broadcastOrgEvent(untyped(id), 'test.event', {}));
    await expectRefused('org_id', () =>
      broadcast.broadcastOrgEvent(untyped(id), 'test.event', {}, { manager: dataSource.manager }),
    );
    await expectRefused('org_id', () => broadcast.evictFromOrg(untyped(id), null));
  });

  // @abuse PUB-12
  it('reaches the same organization by its id in capitals', async () => {
    const client = await enter();
    await broadcast.broadcastOrgEvent(orgId.toUpperCase(), 'test.event', { n: 1 });
    expect(await client.next()).toMatchObject({ event_type: 'test.event', data: { n: 1 } });
  });

  // @abuse PUB-16
  it('does not evict everybody if the user is undefined', async () => {
    await expectRefused('user_id', () => broadcast.evictFromOrg(orgId, untyped(undefined)));
  });

  const OTHER_ORG = randomUUID();
  const told = (org_id: unknown) => ({ user_id: 'bob', org_id, timestamp: new Date().toISOString() });

  it.each([[OTHER_ORG], [OTHER_ORG.toUpperCase()]])(
    // @abuse PUB-14
    'is refused when its data names another organization, %s',
    async (other) => {
      // With a computed type, the compiler does not check the data.
      const type = ['member', 'left'].join('.');
      await expectRefused('data.org_id', () => broadcast.broadcastOrgEvent(orgId, type, told(other)));
      await expectRefused('data.org_id', () =>
        broadcast.broadcastOrgEvent(orgId, type, told(other), { manager: dataSource.manager }),
      );
    },
  );

  // @abuse PUB-14
  it('may name its own organization in its data, even in capitals', async () => {
    const client = await enter();
    for (const id of [orgId, orgId.toUpperCase()]) {
      const data = { user_id: 'bob', org_id: id, timestamp: new Date().toISOString() };
      await broadcast.broadcastOrgEvent(orgId, 'member.left', data);
      expect(await client.next()).toMatchObject({ event_type: 'member.left', data });
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['empty', ''],
    ['too long', 'x'.repeat(201)],
    ['a number', 1],
  ])('is refused when its idempotency key is %s', async (_, key) => {
    await expectRefused('idempotencyKey', () =>
      broadcast.broadcastOrgEvent(orgId, 'test.event', {}, { idempotencyKey: untyped(key) }),
    );
  });
});

describe('a notification', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['nothing', ''],
    ['300 characters', 'x'.repeat(300)],
    ['two lines', 'owner\n'],
    ['half a character', '\ud800'],
    ['a list', ['owner']],
    ['a number', 1],
    // @abuse PUB-13
  ])('is refused when its user is %s', async (_, id) => {
    const title = 'Secret';
    await expectRefused('user_id', () => broadcast.broadcastNotification(untyped(id), { title }));
    await expectRefused('user_id', () => broadcast.broadcastNotification(untyped(id), { title }, { ephemeral: true }));
    await expectRefused('user_id', () => broadcast.disconnectUser(untyped(id)));
  });

  it.each(['*', 'x:y', 'user:owner', 'owner:', 'o?ner', 'own*', '{owner}', 'node:all'])(
    // @abuse PUB-13
    'reaches the user %s, which is a valid id, and nobody else',
    async (userId) => {
      const [named, other] = [await enter('/ws/notifications/', userId), await enter('/ws/notifications/')];
      await broadcast.broadcastNotification(userId, { title: 'Named' }, { ephemeral: true });
      await broadcast.broadcastNotification('owner', { title: 'Owner' }, { ephemeral: true });
      expect(await named.next()).toMatchObject({ notification: { title: 'Named' } });
      expect(await other.next()).toMatchObject({ notification: { title: 'Owner' } });
    },
  );
});

describe('broadcast data', () => {
  // @abuse PUB-08
  it('can’t be or contain an entity', async () => {
    const membership = await dataSource.getRepository(Membership).findOneByOrFail({ orgId, userId: 'owner' });
    const user = Object.assign(new User(), { id: 'owner', password_hash: 'secret', orders: Promise.resolve([]) });
    for (const entity of [membership, user]) {
      await expectRefused('data', () => broadcast.broadcastOrgEvent(orgId, 'test.event', entity));
      await expectRefused('data.of[0]', () => broadcast.broadcastOrgEvent(orgId, 'test.event', { of: [entity] }));
      await expectRefused('notification.of', () =>
        broadcast.broadcastNotification('owner', { title: 'One', of: entity }),
      );
    }
    // A copy is a plain object; its promised relations give it away.
    await expectRefused('data.orders', () =>
      broadcast.broadcastOrgEvent(orgId, 'test.event', Object.fromEntries(Object.entries(user))),
    );
  });

  // @abuse PUB-22
  it('is sent as it was at the call, even if changed afterwards', async () => {
    const [events, notifications] = [await enter(), await enter('/ws/notifications/')];
    const given = { title: 'Old', list: [{ value: 'old' }] };
    const told = [
      broadcast.broadcastOrgEvent(orgId, 'test.event', given),
      broadcast.broadcastOrgEvent(orgId, 'test.event', given, { manager: dataSource.manager }),
      broadcast.broadcastNotification('owner', given),
      broadcast.broadcastNotification('owner', given, { ephemeral: true }),
    ];
    given.title = 'New';
    for (const each of given.list) each.value = 'new';
    given.list.push({ value: 'newer' });
    await Promise.all(told);
    const old = { title: 'Old', list: [{ value: 'old' }] };
    expect([await events.next(), await events.next()]).toMatchObject([{ data: old }, { data: old }]);
    expect([await notifications.next(), await notifications.next()]).toMatchObject([
      { notification: old },
      { notification: old },
    ]);
  });
});

describe('the order of a channel', () => {
  const offsetOf = ({ cursor }: Frame): number => Number.parseInt(String(cursor).split('.')[1] ?? '', 16);

  // @abuse PUB-19
  it('is the same for all clients, without a gap, however many publish at once', async () => {
    const clients = [await enter(), await enter(), await enter()];
    const publish = async (publisher: number): Promise<void> => {
      for (let n = 0; n < EVENTS_EACH; n += 1) {
        await broadcast.broadcastOrgEvent(orgId, 'test.numbered', { publisher, n });
      }
    };
    await Promise.all(Array.from({ length: PUBLISHERS }, (_, publisher) => publish(publisher)));
    const count = PUBLISHERS * EVENTS_EACH;
    await until(() => clients.every(({ received }) => received.length > count));
    const [first, ...others] = clients.map(({ received }) => received.slice(1));
    for (const other of others) expect(other).toEqual(first);
    const offsets = (first ?? []).map(offsetOf);
    expect(offsets).toEqual(Array.from({ length: count }, (_, n) => (offsets[0] ?? 0) + n));
  });

  // @abuse PUB-21
  it('is the order of publication, whatever the senders’ clocks say', async () => {
    const client = await enter('/ws/notifications/');
    const skews = [0, HOUR_MS, -HOUR_MS, 2 * HOUR_MS, -2 * HOUR_MS];
    const timestamps = skews.map((skew) => new Date(Date.now() + skew).toISOString());
    for (const timestamp of timestamps) await broadcast.broadcastNotification('owner', { title: 'Now', timestamp });
    const frames = [];
    for (const timestamp of timestamps) {
      frames.push(await client.next());
      expect(frames.at(-1)).toMatchObject({ notification: { timestamp } });
    }
    expect(frames.map(offsetOf)).toEqual(frames.map((frame) => offsetOf(frame)).toSorted((a, b) => a - b));
    await client.close();
    const again = await enter(`/ws/notifications/?cursor=${String(client.received[0]?.cursor)}`);
    for (const timestamp of timestamps) expect(await again.next()).toMatchObject({ notification: { timestamp } });
  });
});
