import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectNotifications, type Socket } from '@herald/client';
import { until } from '../../src/realtime/testing/until.js';

type Listener = Parameters<Socket['addEventListener']>[1];

let ending: AbortController;

beforeEach(() => {
  ending = new AbortController();
});
afterEach(() => ending.abort());

/** A server for one connection, under a test's control. */
function fakeServer(): { WebSocket: new () => Socket; isAsked: () => boolean; say: (frame: object) => void } {
  const listeners = new Map<string, Listener>();
  class FakeSocket implements Socket {
    addEventListener(type: string, listener: Listener): void {
      listeners.set(type, listener);
    }
    send(): void {
      // The test ignores what the client sends.
    }
    close(): void {
      // It ends with the test.
    }
  }
  const say = (frame: object): void => listeners.get('message')?.({ type: 'message', data: JSON.stringify(frame) });
  return { WebSocket: FakeSocket, say, isAsked: () => listeners.has('message') };
}

describe('a repeated message', () => {
  it('is passed on once, even the newest; one for everybody shares a cursor with another, and is passed on too', async () => {
    const server = fakeServer();
    const { WebSocket } = server;
    const options = { url: 'https://herald.test', getToken: () => 'token', WebSocket, signal: ending.signal };
    const told: unknown[] = [];
    const connection = connectNotifications(options);
    connection.on('notification', ({ notification }) => told.push(notification.title));
    connection.on('inbox', ({ action }) => told.push(action));
    await until(server.isAsked);

    const stored = { type: 'notification', notification: { title: 'Stored', id: '1' }, cursor: 'c1' };
    const forAll = { type: 'notification', notification: { title: 'For all' }, cursor: 'c1' };
    const inbox = { type: 'inbox', action: 'read', ids: ['1'], unread_count: 0, has_more: false, cursor: 'c2' };
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    server.say({ type: 'connection.established', connection_id: 'x', user_id: 'alice', expires_at, cursor: 'c0' });
    for (const frame of [stored, stored, forAll, stored, inbox, inbox, stored]) server.say(frame);
    expect(told).toEqual(['Stored', 'For all', 'read']);
    expect(connection.state.cursor).toBe('c2');
  });
});
