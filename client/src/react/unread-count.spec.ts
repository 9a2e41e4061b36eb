import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Rest } from './rest.js';
import { Tokens } from './tokens.js';
import { type Unread, UnreadCount } from './unread-count.js';

/** The server's count, and how often it was asked. */
let server: { unread_count: number; has_more: boolean };
let asked: number;
let shown: Unread;
let count: UnreadCount;

beforeEach(() => {
  jest.useFakeTimers();
  server = { unread_count: 0, has_more: false };
  asked = 0;
  shown = { unreadCount: 0, hasMoreUnread: false };
  jest.spyOn(globalThis, 'fetch').mockImplementation(() => {
    asked += 1;
    return Promise.resolve(Response.json(server));
  });
  const tokens = new Tokens('alice', () => () => 'opaque');
  const rest = new Rest(() => 'http://localhost', tokens);
  count = new UnreadCount(
    rest,
    () => shown,
    (unread) => (shown = unread),
  );
  count.start();
});
afterEach(() => {
  count.stop();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('the count of unread notifications', () => {
  it('is kept up to date without asking', () => {
    count.increase();
    count.increase();
    expect(count.decrease(1)).toEqual({ unreadCount: 2, hasMoreUnread: false });
    expect([shown.unreadCount, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it('goes to 99, with has_more beyond', () => {
    shown = { unreadCount: 98, hasMoreUnread: false };
    count.increase();
    expect(shown).toEqual({ unreadCount: 99, hasMoreUnread: false });
    count.increase();
    expect(shown).toEqual({ unreadCount: 99, hasMoreUnread: true });
    count.decrease(1);
    expect(shown).toEqual({ unreadCount: 99, hasMoreUnread: true });
  });

  it('is fetched again when a notification follows closely, as it may have been counted', async () => {
    server.unread_count = 1;
    shown = await count.fetch(new AbortController().signal);
    count.increase();
    count.increase();
    expect(shown.unreadCount).toBe(3);
    server.unread_count = 2;
    await jest.runAllTimersAsync();
    expect([shown.unreadCount, asked]).toEqual([2, 2]);
  });

  it('is taken from a frame, and fetched again if the frame may be older', async () => {
    const frame = { type: 'inbox', action: 'read', ids: [], unread_count: 7, has_more: false, cursor: '1' } as const;
    count.hear({ ...frame, ids: [] });
    expect([shown.unreadCount, jest.getTimerCount()]).toEqual([7, 0]);
    server.unread_count = 3;
    shown = await count.fetch(new AbortController().signal);
    count.hear({ ...frame, ids: [] });
    await jest.runAllTimersAsync();
    expect([shown.unreadCount, asked]).toEqual([3, 2]);
  });
});
