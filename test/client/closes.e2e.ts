import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../../src/realtime/index.js';
import { CLOSE, type Close } from '../../src/realtime/connection/close-code.js';
import { Frames } from '../../src/realtime/connection/frames.js';
import type { ApiClient } from '../support/api-client.js';
import { type Herald, herald } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllConnections, connected, numbersOf, watchedEvents, watchEvents, watchNotifications } from './watch.js';

let node: Herald;
let alice: ApiClient;
let orgId: string;

beforeAll(async () => {
  node = await herald({ WS_MAX_CONNECTIONS_PER_USER: '2' });
});
beforeEach(async () => {
  alice = await node.api('alice');
  orgId = (await alice.post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(async () => {
  closeAllConnections();
  await until(() => openConnections(node).length === 0);
});
afterAll(() => node.stop());

function as(userId: string): { url: string; getToken: () => Promise<string> } {
  return { url: node.url, getToken: () => node.tokenFor(userId) };
}

async function publish(n: number): Promise<void> {
  await node.app.get(BroadcastService, { strict: false }).broadcastOrgEvent(orgId, 'test.numbered', { n });
}

describe('a connection that the server closes', () => {
  it.each<[string, Close, number]>([
    ['restarts', CLOSE.restarting, 5_000],
    ['is overloaded', CLOSE.unavailable, 500],
    ['lost part of the stream', CLOSE.streamLost, 500],
    ['finds it too slow', CLOSE.tooSlow, 500],
    ['got too many messages', CLOSE.tooManyMessages, 500],
    ['found a protocol error', CLOSE.protocolError, 500],
    ['got a message that is too big', CLOSE.messageTooBig, 500],
  ])('because it %s reconnects after a delay, and misses nothing', async (_, close, mostMs) => {
    const watch = await watchEvents(orgId, as('alice'));
    const { connection } = watch;
    await publish(1);
    await until(() => numbersOf(watch).length === 1);
    const before = Date.now();
    for (const each of openConnections(node)) each.close(close);
    await until(() => connection.state.closed !== undefined);
    await publish(2);
    const waiting = watch.states.find(({ status }) => status === 'waiting');
    expect(waiting?.closed).toEqual(close);
    expect((waiting?.retryAt ?? Infinity) - Date.now()).toBeLessThanOrEqual(mostMs);
    expect(waiting?.retryAt).toBeGreaterThanOrEqual(before);
    // Skips the rest of the delay.
    if (connection.state.status === 'waiting') connection.reconnect();
    await connected(watch, 2);
    await publish(3);
    await until(() => numbersOf(watch).length === 3);
    expect(numbersOf(watch)).toEqual([1, 2, 3]);
    expect(watch.welcomes[1]).toMatchObject({ resumed: true });
    expect(connection.state).toMatchObject({ reconnects: 1, closed: close, retryAt: undefined });
    expect(watch.refetches).toEqual([]);
  });

  it('reconnects by itself', async () => {
    const watch = await watchEvents(orgId, as('alice'));
    for (const each of openConnections(node)) each.close(CLOSE.unavailable);
    await connected(watch, 2);
    expect(watch.states.map(({ status }) => status)).toContain('waiting');
  });
});

describe('a forbidden connection', () => {
  it('is closed for good on admission', async () => {
    const { connection } = watchedEvents(orgId, as('bob'));
    await until(() => connection.state.status === 'closed');
    expect(connection.state.closed).toEqual({ code: 4003, reason: 'not_a_member' });
    connection.reconnect();
    expect(connection.state.status).toBe('closed');
  });

  it('is closed for good when the member is removed, and a loop over it ends', async () => {
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    const { connection } = await watchEvents(orgId, as('bob'));
    const loop = (async () => {
      for await (const { cursor } of connection) expect(cursor).toBeDefined();
    })();
    await alice.delete(`/orgs/${orgId}/members/bob`);
    await loop;
    expect(connection.state).toMatchObject({ status: 'closed', closed: { code: 4003, reason: 'not_a_member' } });
  });
});

describe('a connection beyond the limit', () => {
  it('retries until there is room', async () => {
    const first = await watchNotifications(as('alice'));
    await watchNotifications(as('alice'));
    const third = watchedEvents(orgId, as('alice'));
    await until(() => third.states.some(({ status }) => status === 'waiting'));
    expect(third.connection.state.closed).toEqual(CLOSE.tooManyConnections);
    first.connection.close();
    await connected(third);
    expect(third.connection.state.reconnects).toBe(0);
  });
});

describe('a message that arrives', () => {
  it('a second time is dropped, and with an unknown type is ignored', async () => {
    const watch = await watchEvents(orgId, as('alice'));
    await publish(1);
    await publish(2);
    await until(() => numbersOf(watch).length === 2);
    const [again] = watch.frames;
    const { cursor } = watch.connection.state;
    for (const frame of [again, { type: 'state', status: 'closed' }, { type: 'later', cursor: 'later' }]) {
      for (const each of openConnections(node)) each.show(Frames.of(JSON.stringify(frame)));
    }
    await until(() => watch.connection.state.cursor !== cursor);
    await publish(3);
    await until(() => numbersOf(watch).length === 3);
    expect(numbersOf(watch)).toEqual([1, 2, 3]);
    expect(watch.states.map(({ status }) => status)).not.toContain('closed');
  });
});

describe('an error message from the server', () => {
  it('is reported, and the connection stays open', async () => {
    const { connection, faults } = await watchEvents(orgId, as('alice'));
    const { type, message, code } = { type: 'error', message: 'Unknown message type', code: 'unknown_type' };
    for (const each of openConnections(node)) each.announce(JSON.stringify({ type, message, code }));
    await until(() => faults.length === 1);
    expect(faults).toEqual([{ source: 'server', message, code }]);
    expect(connection.state.status).toBe('connected');
  });
});
