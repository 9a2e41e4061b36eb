import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ConnectionState, NotificationFrames } from '../connection.js';
import type { TabListener } from '../tabs/tab-connection.js';
import { Inbox } from './inbox.js';
import type { NotificationItem } from './inbox-change.js';
import { LiveEndpoint } from './live-endpoint.js';
import { Rest } from './rest.js';
import { Tokens } from './tokens.js';

const STATE: ConnectionState = { status: 'connected', reconnects: 0 };

/** Pending requests: their method and path, and the function that answers them. */
let requests: { name: string; answer: (status: number, body?: object) => void }[];
let tell: TabListener;
let inbox: Inbox;
let leave: () => void;

beforeEach(() => {
  jest.useFakeTimers();
  requests = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((input, { method = 'GET' } = {}) => {
    const { pathname } = new URL(new Request(input).url);
    return new Promise((resolve) => {
      const answer = (status: number, body?: object): void =>
        resolve(body ? Response.json(body, { status }) : new Response(null, { status }));
      requests.push({ name: `${method} ${pathname.replace('/api/v1', '')}`, answer });
    });
  });
  const nothing = (): void => undefined;
  const listen = (listener: TabListener): (() => void) => {
    tell = listener;
    return nothing;
  };
  const connect = () => ({ state: STATE, listen, reconnect: nothing, close: nothing });
  const rest = new Rest(() => 'http://localhost', new Tokens('me', () => () => 'opaque'));
  inbox = new Inbox(rest, new LiveEndpoint<NotificationFrames>(connect), 20);
  leave = inbox.subscribe(nothing);
});
afterEach(() => {
  leave();
  inbox.expire();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

/** Answers the oldest request of that name. */
async function answer(name: string, status: number, body?: object): Promise<void> {
  await settle();
  const index = requests.findIndex((request) => request.name === name);
  const [request] = requests.splice(index, 1);
  if (index < 0 || request === undefined) throw new Error(`No ${name} among ${JSON.stringify(requests)}`);
  request.answer(status, body);
  await settle();
}

function item(id: string, read_at: string | null = null): NotificationItem {
  return { id, title: id, timestamp: '', read_at };
}

async function answerLoad(items: NotificationItem[], unread_count: number): Promise<void> {
  await answer('GET /notifications/unread_count', 200, { unread_count, has_more: false });
  await answer('GET /notifications', 200, { items, next_cursor: null });
}

function arrive(id: string): void {
  tell('notification', { type: 'notification', notification: { id, title: id, timestamp: '' }, cursor: id });
}

const shown = (): string[] => inbox.snapshot().items.map(({ id, read_at }) => (read_at === null ? id : `${id} (read)`));

describe('the inbox', () => {
  it('keeps changes made while an older answer is pending', async () => {
    await settle();
    arrive('d');
    tell('inbox', { type: 'inbox', action: 'read', ids: ['b'], unread_count: 2, has_more: false, cursor: '1' });
    tell('inbox', { type: 'inbox', action: 'deleted', ids: ['a'], unread_count: 2, has_more: false, cursor: '2' });
    await answerLoad([item('c'), item('b'), item('a')], 3);
    expect(shown()).toEqual(['d', 'c', 'b (read)']);
    // The count may be older, so it is fetched again.
    await jest.advanceTimersByTimeAsync(3_000);
    await answer('GET /notifications/unread_count', 200, { unread_count: 2, has_more: false });
    expect(inbox.snapshot().unreadCount).toBe(2);
  });

  it('shows an arrival that is on the page once, and deleted ones not at all', async () => {
    await answerLoad([item('b'), item('a')], 2);
    arrive('b');
    arrive('c');
    arrive('c');
    expect([shown(), inbox.snapshot().unreadCount]).toEqual([['c', 'b', 'a'], 3]);
    void inbox.actions.remove('c');
    await answer('DELETE /notifications/c', 204);
    arrive('c');
    expect([shown(), inbox.snapshot().unreadCount]).toEqual([['b', 'a'], 2]);
  });

  it('does not undo what another device has also done', async () => {
    await answerLoad([item('a')], 1);
    void inbox.actions.markRead('a');
    expect([shown(), inbox.snapshot().unreadCount]).toEqual([['a (read)'], 0]);
    tell('inbox', { type: 'inbox', action: 'read', ids: ['a'], unread_count: 0, has_more: false, cursor: '1' });
    await answer('POST /notifications/a/read', 503, { title: 'Service Unavailable', detail: 'Try again later.' });
    expect(shown()).toEqual(['a (read)']);
    expect(inbox.snapshot()).toMatchObject({ unreadCount: 0, error: { status: 503, detail: 'Try again later.' } });
  });

  it('removes an item that the server no longer has', async () => {
    await answerLoad([item('a')], 1);
    void inbox.actions.markRead('a');
    await answer('POST /notifications/a/read', 404, { title: 'Not Found', detail: 'There is no such notification.' });
    expect(shown()).toEqual([]);
  });

  it('reloads when frames were missed, but not when they were resumed', async () => {
    await answerLoad([item('a')], 1);
    tell('welcome', { resumed: true });
    await settle();
    expect(requests).toEqual([]);
    tell('refetch', { resumed: false });
    await answerLoad([item('b'), item('a')], 2);
    expect(shown()).toEqual(['b', 'a']);
  });

  it('retries temporary failures, but not refusals', async () => {
    await answer('GET /notifications/unread_count', 200, { unread_count: 0, has_more: false });
    await answer('GET /notifications', 503, {});
    expect(inbox.snapshot()).toMatchObject({ status: 'error', error: { status: 503 } });
    await jest.advanceTimersByTimeAsync(2_000);
    await answer('GET /notifications/unread_count', 200, { unread_count: 0, has_more: false });
    await answer('GET /notifications', 400, { title: 'Bad Request', detail: 'limit takes 1 to 100' });
    await jest.advanceTimersByTimeAsync(120_000);
    expect(requests).toEqual([]);
    expect(inbox.snapshot().error?.detail).toBe('limit takes 1 to 100');
  });
});
