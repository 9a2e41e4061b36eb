import { monitorEventLoopDelay } from 'node:perf_hooks';
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MembershipsService } from '../../src/organizations/memberships.service.js';
import { Connections } from '../../src/realtime/connection/connections.js';
import { BroadcastService } from '../../src/realtime/index.js';
import { useAbusedNode } from '../support/abused-node.js';
import type { ApiClient } from '../support/api-client.js';
import { countConnections } from '../support/connection-count.js';
import { inTurns } from '../support/in-turns.js';
import { RawClient } from '../support/raw-client.js';
import { leavesNothing } from '../support/metrics.js';
import { until } from '../../src/realtime/testing/until.js';
import type { Frame, TestClient } from '../support/ws-client.js';

const NOTIFICATIONS_PATH = '/ws/notifications/';
const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };
const EXPIRING = 500;
/** A longer block of the event loop would be noticed; clients and server share it here. */
const LAG_MS = 1_000;
const RECONNECTS = 500;
const NOTIFICATIONS = 1_000;
/** For what takes seconds, on a busy machine. */
const BUSY_MS = 60_000;

const abused = useAbusedNode({ WS_MAX_CONNECTIONS_PER_USER: '0' });
let broadcast: BroadcastService;
let owner: ApiClient;
let orgId: string;

beforeAll(async () => {
  broadcast = abused.node.app.get(BroadcastService, { strict: false });
  owner = await abused.node.api('owner');
});
beforeEach(async () => {
  orgId = await abused.node.organization('owner', ['bob']);
});

const notificationOf = ({ notification }: Frame) => notification as { to?: string; n?: number } | undefined;

describe('a deleted organization', () => {
  // @abuse AUTHZ-03
  it('closes its former members’ connections with 4003, and sends them nothing', async () => {
    expect((await owner.delete(`/orgs/${orgId}`)).status).toBe(204);
    for (const userId of ['owner', 'bob']) {
      const client = await abused.node.connect(`/ws/events/${orgId}/`, userId);
      expect(await client.closed()).toEqual(NOT_A_MEMBER);
      expect(client.received).toEqual([]);
    }
  });
});

describe('a membership that ends between the admission check and the subscription', () => {
  // @abuse AUTHZ-09
  it('admits nobody', async () => {
    const memberships = abused.node.app.get(MembershipsService, { strict: false });
    const find = memberships.find.bind(memberships);
    jest.spyOn(memberships, 'find').mockImplementationOnce(async (...pair) => {
      const membership = await find(...pair);
      expect(membership).not.toBeNull();
      await owner.delete(`/orgs/${orgId}/members/bob`);
      await broadcast.broadcastOrgEvent(orgId, 'test.secret', {});
      return membership;
    });
    const bob = await abused.node.connect(`/ws/events/${orgId}/`, 'bob');
    expect(await bob.closed()).toEqual(NOT_A_MEMBER);
    expect(bob.received).toEqual([]);
    jest.restoreAllMocks();
  });
});

describe('many connections whose tokens expire at the same moment', () => {
  it(
    // @abuse AUTHZ-18
    'are all closed with 4001, while others go on',
    async () => {
      const other = await abused.node.join(NOTIFICATIONS_PATH, 'owner');
      const token = await abused.node.tokenFor('bob');
      const clients = await inTurns(EXPIRING, 50, () => abused.node.join(NOTIFICATIONS_PATH, 'bob', { token }));
      const lag = monitorEventLoopDelay({ resolution: 10 });
      lag.enable();
      // The tokens get their end only now, so that it does not matter how long the clients took to connect.
      const last = await abused.node.tokenFor('bob', { expiresIn: 3 });
      for (const client of clients) client.send({ type: 'auth', token: last });
      const closes = clients.map((client) => client.closed(30_000));
      await broadcast.broadcastNotification('owner', { title: 'Still here' }, { ephemeral: true });
      expect(await other.next()).toMatchObject({ notification: { title: 'Still here' } });
      expect(await Promise.all(closes)).toEqual(closes.map(() => ({ code: 4001, reason: 'token_expired' })));
      lag.disable();
      expect(lag.percentile(99) / 1e6).toBeLessThan(LAG_MS);
      const told = ['connection.established', 'auth.refreshed'];
      for (const { received } of clients) expect(received.map(({ type }) => type)).toEqual(told);
      await other.ping();
      await other.close();
      await until(async () => (await countConnections(abused.node.url)) === 0);
    },
    BUSY_MS,
  );
});

describe('two users notified at the same time', () => {
  // @abuse AUTHZ-20
  it('each get all of their own notifications, in order', async () => {
    const users = ['anna', 'Anna'];
    const clients = await Promise.all(users.map((userId) => abused.node.join(NOTIFICATIONS_PATH, userId)));
    for (let n = 0; n < NOTIFICATIONS; n += 1) {
      const told = users.map((to) => broadcast.broadcastNotification(to, { title: 'One', to, n }, { ephemeral: true }));
      await Promise.all(told);
    }
    await until(() => clients.every(({ received }) => received.length > NOTIFICATIONS));
    for (const [index, { received }] of clients.entries()) {
      const got = received.slice(1).map(notificationOf);
      expect(got.map((notification) => notification?.to)).toEqual(got.map(() => users[index]));
      expect(got.map((notification) => notification?.n)).toEqual(Array.from({ length: NOTIFICATIONS }, (__, n) => n));
    }
  });
});

describe('a client that reconnects again and again', () => {
  it(
    // @abuse AUTHZ-22
    'gets notifications only on its newest connection, and leaves nothing behind',
    async () => {
      const token = await abused.node.tokenFor('bob');
      const before: TestClient[] = [];
      for (let n = 0; n < RECONNECTS; n += 1) {
        const client = await abused.node.join(NOTIFICATIONS_PATH, 'bob', { token });
        await broadcast.broadcastNotification('bob', { title: 'Now', n }, { ephemeral: true });
        expect(notificationOf(await client.next())).toMatchObject({ n });
        if (n % 2 === 0) await client.close();
        else await client.terminate();
        before.push(client);
      }
      for (const [n, { received }] of before.entries()) {
        expect(received.slice(1).map(notificationOf)).toEqual([expect.objectContaining({ n })]);
      }
      await leavesNothing(abused.node);
      expect([...abused.node.app.get(Connections, { strict: false }).all()]).toEqual([]);
    },
    BUSY_MS,
  );

  it(
    // @abuse AUTHZ-22
    'leaves nothing behind if it never waits for an answer',
    async () => {
      const token = await abused.node.tokenFor('bob');
      const port = Number(new URL(abused.node.url).port);
      for (let n = 0; n < RECONNECTS; n += 1) {
        const raw = await RawClient.open(port);
        raw.sendUpgrade({
          target: `/ws/events/${orgId}/?presence=true`,
          headers: { Authorization: `Bearer ${token}` },
        });
        if (n % 3 === 1) await raw.answer();
        raw.reset();
      }
      await leavesNothing(abused.node);
      expect([...abused.node.app.get(Connections, { strict: false }).all()]).toEqual([]);
      await (await abused.node.join(`/ws/events/${orgId}/`, 'bob')).ping();
    },
    BUSY_MS,
  );
});
