import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ConnectionState } from '../connection.js';
import type { WelcomeFrame } from '../frames.js';
import { Hearing } from './hearing.js';
import type { Message } from './message.js';

const CONNECTED: ConnectionState = { status: 'connected', reconnects: 0 };

function welcomeAt(cursor: string, resumed?: boolean): WelcomeFrame {
  const at = { cursor, resumed, user_id: 'alice', connection_id: 'c', expires_at: '', heartbeat_interval: 25 };
  return { type: 'connection.established', message: '', ...at };
}

function frame(cursor: string, before: string): Extract<Message, { kind: 'frame' }> {
  return { kind: 'frame', name: 'event', value: { cursor }, before };
}

function standingAt(place: string): Extract<Message, { kind: 'standing' }> {
  return { kind: 'standing', state: CONNECTED, welcome: welcomeAt('0'), place };
}

let hearing: Hearing;
/** What the tab has passed on: the name, and the cursor or whether it was resumed. */
let told: unknown[][];

beforeEach(() => {
  hearing = new Hearing();
  told = [];
  hearing.listeners.add((name, value) => {
    const { cursor, resumed } = value as { cursor?: string; resumed?: boolean };
    if (name !== 'state') told.push([name, name === 'event' ? cursor : resumed]);
  });
});

describe('a tab that follows another one', () => {
  it('is first welcomed by the leading tab’s state, and passes on no frame before it', () => {
    hearing.hearFrame(frame('1', '0'));
    hearing.hearStanding(standingAt('1'));
    hearing.hearFrame(frame('2', '1'));
    expect(told).toEqual([
      ['welcome', undefined],
      ['event', '2'],
    ]);
    expect(hearing.state).toEqual({ ...CONNECTED, cursor: '2' });
  });

  it('does not repeat what it has passed on', () => {
    hearing.hearStanding(standingAt('1'));
    for (const each of [frame('2', '1'), frame('3', '2'), frame('2', '1'), frame('3', '2'), frame('4', '3')]) {
      hearing.hearFrame(each);
    }
    expect(told.slice(1).map(([, cursor]) => cursor)).toEqual(['2', '3', '4']);
  });

  it('passes on every frame that has no position of its own', () => {
    hearing.hearStanding(standingAt('1'));
    for (let n = 0; n < 2; n += 1) hearing.hearFrame(frame('1', '1'));
    expect(told.slice(1)).toEqual([
      ['event', '1'],
      ['event', '1'],
    ]);
  });

  it('notices that it has missed a frame', () => {
    hearing.hearStanding(standingAt('1'));
    hearing.hearFrame(frame('3', '2'));
    expect(told.slice(1)).toEqual([
      ['refetch', false],
      ['event', '3'],
    ]);
  });

  it('notices from the leading tab’s state that it has missed something', () => {
    hearing.hearStanding(standingAt('1'));
    hearing.hearStanding(standingAt('1'));
    hearing.hearStanding(standingAt('5'));
    hearing.hearFrame(frame('6', '5'));
    expect(told.slice(1)).toEqual([
      ['welcome', false],
      ['refetch', false],
      ['event', '6'],
    ]);
  });

  it('is resumed where the leading tab is, if it was there', () => {
    hearing.hearStanding(standingAt('1'));
    hearing.hearFrame(frame('2', '1'));
    // The new leading tab has not received the last frame.
    hearing.hearWelcome({ kind: 'welcome', welcome: welcomeAt('3', true), place: '1' });
    hearing.hearFrame(frame('2', '1'));
    hearing.hearFrame(frame('3', '2'));
    expect(told.slice(2)).toEqual([
      ['welcome', true],
      ['event', '3'],
    ]);
  });

  it('fetches again when the leading tab has to', () => {
    hearing.hearStanding(standingAt('1'));
    hearing.hearWelcome({ kind: 'welcome', welcome: welcomeAt('9', false), place: '9' });
    expect(told.slice(1)).toEqual([
      ['welcome', false],
      ['refetch', false],
    ]);
  });
});

describe('a tab that leads', () => {
  it('resumes from where it was while another one led, and counts that as a reconnect', () => {
    hearing.hearStanding(standingAt('1'));
    hearing.hearFrame(frame('2', '1'));
    expect(hearing.beginToLead()).toBe('2');
    hearing.hearOwn('state', CONNECTED);
    expect(hearing.hearOwn('welcome', welcomeAt('3', true))).toMatchObject({ kind: 'welcome', place: '2' });
    expect(hearing.hearOwn('event', { cursor: '3' })).toEqual(frame('3', '2'));
    expect(hearing.state.reconnects).toBe(1);
    expect(told.slice(2)).toEqual([
      ['welcome', true],
      ['event', '3'],
    ]);
  });

  it('posts its state when more than the cursor has changed', () => {
    expect(hearing.hearOwn('state', CONNECTED)).toMatchObject({ kind: 'standing', state: CONNECTED });
    expect(hearing.hearOwn('state', { ...CONNECTED, cursor: '1' })).toBeNull();
    expect(hearing.hearOwn('state', { ...CONNECTED, cursor: '1', latency: 3 })).toMatchObject({ kind: 'standing' });
  });
});
