import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connectNotifications, connectOrgEvents } from '@herald/client';
import { WebSocket } from 'ws';
import type { ApiClient } from '../support/api-client.js';
import { type Herald, herald } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllConnections, watchedEvents, watchEvents, watchNotifications } from './watch.js';

let node: Herald;
let alice: ApiClient;
let orgId: string;

beforeAll(async () => {
  node = await herald();
});
beforeEach(async () => {
  alice = await node.api('alice');
  orgId = (await alice.post('/orgs', { name: 'Acme' })).body.id;
});
afterEach(closeAllConnections);
afterAll(() => node.stop());

/** The options of an application for this user. */
function as(userId: string): { url: string; getToken: () => Promise<string> } {
  return { url: node.url, getToken: () => node.tokenFor(userId) };
}

async function create(...names: string[]): Promise<void> {
  for (const name of names) await alice.post(`/orgs/${orgId}/resources`, { name });
}

describe('a connection to an organization’s events', () => {
  it('reports its state, and receives events', async () => {
    const { connection, frames, states, welcomes } = await watchEvents(orgId, as('alice'));
    await create('Plan');
    await until(() => frames.length === 1 && connection.state.latency !== undefined);
    const [welcome] = welcomes;
    expect(frames).toMatchObject([{ event_type: 'resource.created', data: { resource_name: 'Plan' } }]);
    expect(connection.state).toEqual({
      status: 'connected',
      transport: 'websocket',
      connectionId: welcome?.connection_id,
      userId: 'alice',
      expiresAt: welcome?.expires_at,
      cursor: frames[0]?.cursor,
      reconnects: 0,
      latency: expect.any(Number),
    });
    expect(states.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1])).toEqual([
      'connecting',
      'connected',
    ]);
  });

  it('keeps the same state object until the state changes', async () => {
    const { connection, states } = await watchEvents(orgId, as('alice'));
    await until(() => connection.state.latency !== undefined);
    expect(connection.state).toBe(states.at(-1));
    expect(connection.state).toBe(connection.state);
    expect(new Set(states).size).toBe(states.length);
    expect(Object.isFrozen(connection.state)).toBe(true);
  });

  it('passes one type of event to listeners for it', async () => {
    const { connection, frames } = await watchEvents(orgId, as('alice'));
    const names: string[] = [];
    connection.on('event:resource.deleted', ({ data }) => names.push(data.resource_name));
    const created = await alice.post(`/orgs/${orgId}/resources`, { name: 'Plan' });
    await alice.delete(`/orgs/${orgId}/resources/${created.body.id}`);
    await until(() => frames.length === 2);
    expect(names).toEqual(['Plan']);
  });

  it('reports others who join and leave, if requested', async () => {
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    const { connection } = await watchEvents(orgId, { ...as('alice'), presence: true });
    const changes: string[] = [];
    connection.on('presence', ({ action, user_id }) => changes.push(`${user_id} ${action}`));
    const bob = await watchEvents(orgId, as('bob'));
    await until(() => changes.length === 1);
    bob.connection.close();
    await until(() => changes.length === 2);
    expect(changes).toEqual(['bob joined', 'bob left']);
  });

  it('resumes from the cursor of an earlier page', async () => {
    const first = await watchEvents(orgId, as('alice'));
    await create('One');
    await until(() => first.frames.length === 1);
    first.connection.close();
    await create('Two', 'Three');
    const { frames, welcomes, refetches } = await watchEvents(orgId, {
      ...as('alice'),
      cursor: first.connection.state.cursor,
    });
    await until(() => frames.length === 2);
    expect(frames.map(({ data }) => data.resource_name)).toEqual(['Two', 'Three']);
    expect(welcomes).toMatchObject([{ resumed: true }]);
    expect(refetches).toEqual([]);
  });

  it('asks for a refetch if it can’t resume from the cursor', async () => {
    const { connection, refetches, welcomes } = await watchEvents(orgId, { ...as('alice'), cursor: 'long-ago' });
    expect(refetches).toEqual(welcomes);
    expect(refetches).toMatchObject([{ resumed: false }]);
    expect(connection.state.cursor).toBe(refetches[0]?.cursor);
  });
});

describe('a connection to notifications', () => {
  it('passes on notifications, one type of them, and the inbox', async () => {
    const { connection, frames } = await watchNotifications(as('bob'));
    const senders: string[] = [];
    const unread: number[] = [];
    connection.on('notification:message.received', ({ notification }) => senders.push(notification.from));
    connection.on('inbox', ({ unread_count }) => unread.push(unread_count));
    await alice.post(`/orgs/${orgId}/members`, { user_id: 'bob' });
    await alice.post(`/orgs/${orgId}/messages`, { to: 'bob', body: 'Lunch?' });
    await until(() => frames.length === 2);
    expect(frames.map(({ notification }) => notification.title)).toEqual(['Added to Organization', expect.any(String)]);
    expect(senders).toEqual(['alice']);
    await (await node.api('bob')).post('/notifications/read_all');
    await until(() => unread.length === 1);
    expect(unread).toEqual([0]);
  });

  it('passes on each notification for everybody, though these have no position of their own', async () => {
    const { frames } = await watchNotifications(as('carol'));
    const operator = await node.api('root', { roles: ['realtime-admin'] });
    await operator.post('/notifications', { user_id: 'carol', notification: { title: 'Before' } });
    await until(() => frames.length === 1);
    await operator.post('/alerts', { message: 'One', severity: 'info' });
    await operator.post('/alerts', { message: 'Two', severity: 'info' });
    await until(() => frames.length === 3);
    expect(frames.map(({ notification }) => notification.body)).toEqual([undefined, 'One', 'Two']);
  });
});

describe('the token', () => {
  class RecordedSocket extends WebSocket {
    static readonly urls: string[] = [];

    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      RecordedSocket.urls.push(url);
    }
  }

  beforeEach(() => void RecordedSocket.urls.splice(0));

  it.each([
    ['subprotocol', /\/ws\/notifications\/$/],
    [undefined, /\/ws\/notifications\/$/],
    ['ticket', /\/ws\/notifications\/\?ticket=[\w-]+$/],
    ['query', /\/ws\/notifications\/\?token=[\w-]+\.[\w-]+\.[\w-]+$/],
  ] as const)('is accepted with credential %p, and is in the address only if requested', async (credential, url) => {
    const { connection } = await watchNotifications({ ...as('alice'), credential, WebSocket: RecordedSocket });
    expect(connection.state.userId).toBe('alice');
    expect(RecordedSocket.urls).toEqual([expect.stringMatching(url)]);
  });
});

describe('closing', () => {
  it('is final, and can be repeated', async () => {
    const { connection, states } = await watchEvents(orgId, as('alice'));
    connection.close();
    connection.close();
    connection.reconnect();
    expect(states.filter(({ status }) => status === 'closed')).toEqual([connection.state]);
    expect(connection.state).toMatchObject({ closed: { code: 1000, reason: 'closed' }, userId: 'alice' });
    expect(connection.state.connectionId).toBeUndefined();
    await until(() => openConnections(node).length === 0);
    expect(connection.state.status).toBe('closed');
  });

  it('can come from the signal, at any moment', async () => {
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    first.abort();
    const early = connectOrgEvents(orgId, { ...as('alice'), WebSocket, signal: first.signal });
    expect(early.state.status).toBe('closed');
    const meanwhile = connectOrgEvents(orgId, {
      url: node.url,
      WebSocket,
      signal: second.signal,
      getToken: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('no longer wanted')));
          second.abort();
        }),
    });
    const { connection } = await watchEvents(orgId, { ...as('alice'), signal: third.signal });
    expect(meanwhile.state.status).toBe('closed');
    third.abort();
    expect(connection.state.status).toBe('closed');
    await until(() => openConnections(node).length === 0);
  });

  it('before anything was sent requests no token', async () => {
    let asked = 0;
    const connection = connectNotifications({ url: node.url, WebSocket, getToken: () => `${(asked += 1)}` });
    connection.close();
    await watchEvents(orgId, as('alice'));
    expect(asked).toBe(0);
  });

  it('in a listener for the first state leaves nothing open', async () => {
    const { connection } = watchedEvents(orgId, as('alice'));
    connection.on('state', ({ status }) => {
      if (status === 'connected') connection.close();
    });
    await until(() => connection.state.status === 'closed');
    expect(connection.state.expiresAt).toBeUndefined();
    await until(() => openConnections(node).length === 0);
  });
});

describe('listeners', () => {
  it('that throw are reported, and harm neither other listeners nor the connection', async () => {
    const reported: unknown[] = [];
    const page = globalThis as { reportError?: unknown };
    page.reportError = (error: unknown) => reported.push(error);
    try {
      const watch = watchedEvents(orgId, as('alice'));
      const { connection } = watch;
      const names: unknown[] = [];
      for (const name of ['state', 'welcome', 'event'] as const) {
        connection.on(name, () => {
          throw new Error(name);
        });
      }
      connection.on('event', ({ data }) => names.push(data.resource_name));
      await until(() => watch.welcomes.length === 1);
      await create('One', 'Two');
      await until(() => names.length === 2);
      expect(connection.state).toMatchObject({ status: 'connected', reconnects: 0 });
      expect(new Set(reported.map((error) => (error as Error).message))).toEqual(
        new Set(['state', 'welcome', 'event']),
      );
    } finally {
      // The close calls the listeners too, which throw.
      closeAllConnections();
      delete page.reportError;
    }
  });

  it('are called until they are removed, or their signal is aborted', async () => {
    const { connection, frames } = await watchEvents(orgId, as('alice'));
    const controller = new AbortController();
    const heard: string[] = [];
    const off = connection.on('event', () => heard.push('first'));
    connection.on('event', () => heard.push('second'), { signal: controller.signal });
    await create('One');
    await until(() => frames.length === 1);
    off();
    controller.abort();
    await create('Two');
    await until(() => frames.length === 2);
    expect(heard).toEqual(['first', 'second']);
  });
});

describe('a loop over a connection', () => {
  it('gets one message after another until the close, including those from before its first step', async () => {
    const { connection, frames } = await watchEvents(orgId, as('alice'));
    const iteration = connection[Symbol.asyncIterator]();
    await create('One', 'Two');
    await until(() => frames.length === 2);
    const names: unknown[] = [];
    for await (const { data } of { [Symbol.asyncIterator]: () => iteration }) {
      names.push(data.resource_name);
      if (names.length === 2) await create('Three');
      if (names.length === 3) connection.close();
    }
    expect(names).toEqual(['One', 'Two', 'Three']);
  });

  it('gets those of one name, until its signal is aborted', async () => {
    const { connection } = await watchEvents(orgId, as('alice'));
    const controller = new AbortController();
    const names: string[] = [];
    const iteration = connection.iterate('event:resource.created', { signal: controller.signal });
    await create('One');
    for await (const { data } of iteration) {
      names.push(data.resource_name);
      controller.abort();
    }
    expect(names).toEqual(['One']);
    expect(connection.state.status).toBe('connected');
  });

  it('ends at once if the connection is closed', async () => {
    const { connection } = await watchEvents(orgId, as('alice'));
    connection.close();
    const frames: unknown[] = [];
    for await (const frame of connection) frames.push(frame);
    expect(frames).toEqual([]);
  });
});
