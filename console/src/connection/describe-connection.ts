import type { ConnectionState } from '@herald/client';
import type { Tone } from '../ui/badge.js';

type Status = ConnectionState['status'];

/** From best to worst. */
const ORDER: readonly Status[] = ['connected', 'connecting', 'waiting', 'offline', 'closed'];

const LABELS: Readonly<Record<Status, string>> = {
  connected: 'Live',
  connecting: 'Connecting',
  waiting: 'Reconnecting',
  offline: 'Offline',
  closed: 'Disconnected',
};

const TONES: Readonly<Record<Status, Tone>> = {
  connected: 'ok',
  connecting: 'warn',
  waiting: 'warn',
  offline: 'danger',
  closed: 'danger',
};

export function statusLabel(status: Status): string {
  return LABELS[status];
}

export function statusTone(status: Status): Tone {
  return TONES[status];
}

/** The worst of the states. */
export function worstOf(states: readonly [ConnectionState, ...ConnectionState[]]): ConnectionState {
  return states.reduce((a, b) => (ORDER.indexOf(b.status) > ORDER.indexOf(a.status) ? b : a));
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['restarting', 'the server restarted'],
  ['unavailable', 'the server could not admit it'],
  ['stream_lost', 'the server lost this connection’s place in the stream'],
  ['token_missing', 'no token was sent'],
  ['token_invalid', 'the token was refused'],
  ['token_expired', 'the token expired'],
  ['ticket_invalid', 'the ticket was refused'],
  ['disconnected', 'an operator closed it'],
  ['not_a_member', 'you are not a member'],
  ['forbidden', 'the server refused it'],
  ['too_slow', 'it read messages too slowly'],
  ['too_many_messages', 'it sent too many messages'],
  ['too_many_connections', 'you have too many connections: close other windows'],
]);

/** How a connection last ended, worded for users. */
export function closeSentence({ code, reason }: { code: number; reason: string }): string {
  const why = REASONS.get(reason) ?? (code === 1006 ? 'the link was lost' : reason);
  return why === '' ? `Code ${code}` : `Code ${code}: ${why}`;
}
