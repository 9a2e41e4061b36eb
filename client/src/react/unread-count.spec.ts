import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Rest } from './rest.js';
import { Tokens } from './tokens.js';
import { type Unread, UnreadCount } from './unread-count.js';

/** The server's count, and how often it was asked. */
/** Made on 2026-01-01 at 00:00:10. */
const ID = '019b76da-cf10-7000-8000-000000000000';

let server: { unread_count: number; has_more: boolean };
let date: string | null;
let asked: number;
let shown: Unread;
let count: UnreadCount;

beforeEach(() => {
  jest.useFakeTimers();
  server = { unread_count: 0, has_more: false };
  date = null;
  asked = 0;
  shown = { unreadCount: 0, hasMoreUnread: false };
  jest.spyOn(globalThis, 'fetch').mockImplementation(() => {
    asked += 1;
    return Promise.resolve(Response.json(server, { headers: date === null ? {} : { date } }));
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
    count.increase(ID);
    count.increase(ID);
    expect(count.decrease(1)).toEqual({ unreadCount: 2, hasMoreUnread: false });
    expect([shown.unreadCount, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it('goes to 99, with has_more beyond', () => {
    shown = { unreadCount: 98, hasMoreUnread: false };
    count.increase(ID);
    expect(shown).toEqual({ unreadCount: 99, hasMoreUnread: false });
    count.increase(ID);
    expect(shown).toEqual({ unreadCount: 99, hasMoreUnread: true });
    count.decrease(1);
    expect(shown).toEqual({ unreadCount: 99, hasMoreUnread: true });
  });

  it('is fetched again when a notification follows closely, as it may have been counted', async () => {
    server.unread_count = 1;
    shown = await count.fetch(new AbortController().signal);
    count.increase(ID);
    count.increase(ID);
    expect(shown.unreadCount).toBe(3);
    server.unread_count = 2;
    await jest.runAllTimersAsync();
    expect([shown.unreadCount, asked]).toEqual([2, 2]);
  });

  it.each([
    ['is not fetched again for a notification made after the count', 'Thu, 01 Jan 2026 00:00:05 GMT', 1],
    ['is fetched again for a notification made before it, however late its frame', 'Thu, 01 Jan 2026 00:00:15 GMT', 2],
  ])('%s', async (_title, countedAt, questions) => {
    date = countedAt;
    shown = await count.fetch(new AbortController().signal);
    await jest.advanceTimersByTimeAsync(60_000);
    count.increase(ID);
    expect(shown.unreadCount).toBe(1);
    server.unread_count = 1;
    await jest.advanceTimersByTimeAsync(60_000);
    expect([shown.unreadCount, asked]).toEqual([1, questions]);
  });

  it('is fetched again until the server answers and nothing has arrived during the request', async () => {
    count.doubt();
    const answering = jest.spyOn(globalThis, 'fetch').mockRejectedValueOnce(new TypeError('Failed to fetch'));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(asked).toBe(0);
    answering.mockImplementationOnce(() => {
      count.increase(ID);
      return Promise.resolve(Response.json({ unread_count: 1, has_more: false }));
    });
    server.unread_count = 2;
    await jest.advanceTimersByTimeAsync(15_000);
    expect([shown.unreadCount, asked, jest.getTimerCount()]).toEqual([2, 1, 0]);
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
