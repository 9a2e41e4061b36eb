import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { BroadcastService } from '../src/realtime/index.js';
import { type Herald, twoHeralds } from './support/herald.js';
import { type PostgresServer, startPostgres } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllClients } from './support/ws-client.js';

const INTERVAL_MS = 200;
const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };
const DISCONNECTED = { code: 4001, reason: 'disconnected' };

let postgres: PostgresServer;
let one: Herald;
let two: Herald;
let dataSource: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  const variables = { DATABASE_URL: await postgres.createDatabase() };
  [one, two] = await twoHeralds(variables, { timings: { revocationsIntervalMs: INTERVAL_MS } });
  dataSource = one.app.get(DataSource);
});
afterEach(closeAllClients);
afterAll(async () => {
  await one.stop();
  await postgres.stop();
});

interface LostRow {
  kind?: string;
  channel?: string;
  body: object | string;
}

/** Inserts an outbox row that the broker has accepted but no node has received. */
async function loseSignal({ kind = 'revocation', channel = 'signal:nodes', body }: LostRow): Promise<void> {
  await dataSource.query(
    `INSERT INTO realtime_outbox (id, channel, kind, body, published_at) VALUES ($1, $2, $3, $4, now())`,
    [uuidv7(), channel, kind, typeof body === 'string' ? body : JSON.stringify(body)],
  );
}

/** Waits until both nodes have polled recent revocations, by revoking a canary connection on each. */
async function readAgain(): Promise<void> {
  for (const node of [one, two]) {
    const canary = await node.join('/ws/notifications/', 'canary');
    await loseSignal({ body: { user_id: 'canary', close: DISCONNECTED } });
    await canary.closed();
  }
}

describe('a revocation whose signal was lost', () => {
  it('closes that member’s connections to the organization on every node, and no others', async () => {
    const [orgId, otherOrgId] = [
      await one.organization('alice', ['bob', 'carol']),
      await one.organization('alice', ['bob']),
    ];
    const events = `/ws/events/${orgId}/`;
    const bobs = [await one.join(events, 'bob'), await two.join(events, 'bob'), await two.join(events, 'bob')];
    const others = [
      await one.join(events, 'alice'),
      await two.join(events, 'carol'),
      await two.join(`/ws/events/${otherOrgId}/`, 'bob'),
      await two.join('/ws/notifications/', 'bob'),
    ];
    await loseSignal({ body: { channel: `org:${orgId}`, user_id: 'bob', close: NOT_A_MEMBER } });
    expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => NOT_A_MEMBER));
    await readAgain();
    for (const client of others) await client.ping();
  });

  it('closes all connections to a deleted organization', async () => {
    const orgId = await one.organization('alice', ['bob']);
    const clients = [
      await one.join(`/ws/events/${orgId}/`, 'alice'),
      await two.join(`/ws/events/${orgId}/`, 'alice'),
      await two.join(`/ws/events/${orgId}/`, 'bob'),
    ];
    const notifications = await two.join('/ws/notifications/', 'bob');
    await loseSignal({ body: { channel: `org:${orgId}`, user_id: null, close: NOT_A_MEMBER } });
    expect(await Promise.all(clients.map((client) => client.closed()))).toEqual(clients.map(() => NOT_A_MEMBER));
    await notifications.ping();
  });

  it('closes all connections of a disconnected user, or a single connection', async () => {
    const orgId = await one.organization('alice', ['bob']);
    const [gone, other] = [await two.join('/ws/notifications/', 'bob'), await two.join('/ws/notifications/', 'bob')];
    await loseSignal({ body: { connection_id: gone.received[0]?.connection_id, close: DISCONNECTED } });
    expect(await gone.closed()).toEqual(DISCONNECTED);
    const bobs = [other, await one.join('/ws/notifications/', 'bob'), await two.join(`/ws/events/${orgId}/`, 'bob')];
    const alice = await two.join(`/ws/events/${orgId}/`, 'alice');
    await loseSignal({ body: { user_id: 'bob', close: DISCONNECTED } });
    expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => DISCONNECTED));
    await alice.ping();
  });

  it('also works for rows written by release 0.1.0', async () => {
    const orgId = await one.organization('alice', ['bob', 'carol']);
    const bob = await two.join(`/ws/events/${orgId}/`, 'bob');
    const carol = await two.join('/ws/notifications/', 'carol');
    await loseSignal({ kind: 'eviction', channel: `org:${orgId}`, body: '{"user_id":"bob"' });
    await loseSignal({ kind: 'disconnection', channel: 'node:all', body: '{"user_id":"carol"' });
    expect(await bob.closed()).toEqual(NOT_A_MEMBER);
    expect(await carol.closed()).toEqual(DISCONNECTED);
  });

  it('waits while the database is down, and closes nobody until then', async () => {
    const orgId = await one.organization('alice', ['bob']);
    const bob = await two.join(`/ws/events/${orgId}/`, 'bob');
    const alice = await two.join('/ws/notifications/', 'alice');
    await postgres.kill();
    try {
      await until(async () => !(await two.isHealthy()));
      for (const client of [bob, alice]) await client.ping();
    } finally {
      await postgres.start();
    }
    await one.recovered();
    await loseSignal({ body: { channel: `org:${orgId}`, user_id: 'bob', close: NOT_A_MEMBER } });
    expect(await bob.closed()).toEqual(NOT_A_MEMBER);
    await alice.ping();
  });
});

describe('a revocation', () => {
  it('spares connections that were admitted after it', async () => {
    const orgId = await one.organization('alice', ['bob']);
    const before = await one.join('/ws/notifications/', 'bob');
    await one.app.get(BroadcastService, { strict: false }).disconnectUser('bob');
    expect(await before.closed()).toEqual(DISCONNECTED);
    const after = [await one.join(`/ws/events/${orgId}/`, 'bob'), await two.join('/ws/notifications/', 'bob')];
    await readAgain();
    for (const client of after) await client.ping();
  });

  it('spares a member who was added again, even if its signal arrives late', async () => {
    const orgId = await one.organization('alice', ['bob']);
    const alice = await one.api('alice');
    const before = await two.join(`/ws/events/${orgId}/`, 'bob');
    await one.redis.pause();
    try {
      expect((await alice.delete(`/orgs/${orgId}/members/bob`)).status).toBe(204);
      expect((await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob' })).status).toBe(201);
    } finally {
      await one.redis.resume();
    }
    expect(await before.closed()).toEqual(NOT_A_MEMBER);
    for (const node of [one, two]) await node.recovered();
    const after = await two.join(`/ws/events/${orgId}/`, 'bob');
    await readAgain();
    await after.ping();
  });

  it('works while Redis is down', async () => {
    const bobs = [await one.join('/ws/notifications/', 'bob'), await two.join('/ws/notifications/', 'bob')];
    const alice = await two.join('/ws/notifications/', 'alice');
    await one.redis.kill();
    try {
      await one.app.get(BroadcastService, { strict: false }).disconnectUser('bob');
      expect(await Promise.all(bobs.map((client) => client.closed()))).toEqual(bobs.map(() => DISCONNECTED));
      await alice.ping();
    } finally {
      await one.redis.start();
      await one.recovered();
    }
  });
});

describe('after an interruption of Redis', () => {
  it('users’ own notifications resume at once, even if the database hangs; an organization waits for its revocations', async () => {
    const orgId = await one.organization('alice', ['bob']);
    const notifications = await two.join('/ws/notifications/', 'bob');
    const events = await two.join(`/ws/events/${orgId}/`, 'bob');
    await one.redis.kill();
    await postgres.pause();
    try {
      await one.redis.start();
      const broadcast = one.app.get(BroadcastService, { strict: false });
      const tell = (): Promise<boolean> =>
        broadcast.broadcastNotification('bob', { title: 'At once' }, { ephemeral: true }).then(
          () => true,
          () => false,
        );
      await until(tell);
      await until(() => notifications.received.some(({ type }) => type === 'notification'));
      await until(() =>
        one.publish(orgId, 'the.event', {}).then(
          () => true,
          () => false,
        ),
      );
      expect(events.received.some(({ event_type }) => event_type === 'the.event')).toBe(false);
    } finally {
      await postgres.resume();
    }
    await until(() => events.received.some(({ event_type }) => event_type === 'the.event'));
  });
});
