import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ConnectionState, OrgFrames } from '../connection.js';
import type { TabListener } from '../tabs/tab-connection.js';
import { Attendance, type PresentMember } from './attendance.js';
import { LiveEndpoint } from './live-endpoint.js';
import { Rest } from './rest.js';
import { Tokens } from './tokens.js';

const STATE: ConnectionState = { status: 'connected', userId: 'me', reconnects: 0 };

/** The users that the server reports, and how often it was asked. */
let there: PresentMember[];
let asked: number;
/** Sends a frame over the connection. */
let tell: TabListener;
let attendance: Attendance;
let leave: () => void;

beforeEach(async () => {
  jest.useFakeTimers();
  there = [{ user_id: 'bob', connections: 2 }];
  asked = 0;
  jest.spyOn(globalThis, 'fetch').mockImplementation(() => {
    asked += 1;
    return Promise.resolve(Response.json({ items: there }));
  });
  const nothing = (): void => undefined;
  const listen = (listener: TabListener): (() => void) => {
    tell = listener;
    return nothing;
  };
  const endpoint = new LiveEndpoint<OrgFrames>(() => ({ state: STATE, listen, reconnect: nothing, close: nothing }));
  const rest = new Rest(() => 'http://localhost', new Tokens('me', () => () => 'opaque'));
  attendance = new Attendance(rest, endpoint, 'org');
  leave = attendance.subscribe(nothing);
  await jest.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  leave();
  attendance.expire();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const users = (): string[] => attendance.snapshot().members.map(({ user_id }) => user_id);

describe('the attendance of an organization', () => {
  it('lists the users reported, and this one even before the server has recorded it', () => {
    expect(attendance.snapshot()).toMatchObject({ status: 'ready', error: null });
    expect(attendance.snapshot().members).toEqual([
      { user_id: 'bob', connections: 2 },
      { user_id: 'me', connections: 1 },
    ]);
  });

  it('follows presence frames', () => {
    tell('presence', { type: 'presence', action: 'joined', user_id: 'carol' });
    expect(users()).toEqual(['bob', 'carol', 'me']);
    tell('presence', { type: 'presence', action: 'left', user_id: 'bob' });
    expect(users()).toEqual(['carol', 'me']);
  });

  it('reloads on each connect, and keeps frames received in between', async () => {
    tell('welcome', { resumed: true });
    tell('presence', { type: 'presence', action: 'left', user_id: 'bob' });
    await jest.advanceTimersByTimeAsync(0);
    expect([asked, users()]).toEqual([2, ['me']]);
  });

  it('reloads after a minute, and stops without subscribers', async () => {
    there = [{ user_id: 'dave', connections: 1 }];
    await jest.advanceTimersByTimeAsync(60_000);
    expect([asked, users()]).toEqual([2, ['dave', 'me']]);
    leave();
    await jest.advanceTimersByTimeAsync(180_000);
    expect(asked).toBe(2);
  });
});
