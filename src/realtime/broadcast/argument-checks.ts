import { Channel } from '../broker/channel.js';
import type { JsonObject } from '../broker/json.js';
import type { Close } from '../connection/close-code.js';
import { isEventType } from './data-classes.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';

/** An event must never reach an organization other than its own. Checked in production, too. */
export function expectOwnOrg({ org_id: named }: JsonObject, { id }: Channel): void {
  if (named === undefined || (typeof named === 'string' && named.toLowerCase() === id)) return;
  throw new InvalidBroadcastError(
    'data.org_id',
    `takes the id of the organization that receives the event, ${id}, or nothing`,
  );
}

export function expectChannel(channel: unknown): void {
  if (channel instanceof Channel) return;
  throw new InvalidBroadcastError('channel', 'takes a channel, such as projects.of(id) of defineChannel');
}

export function expectEventType(type: unknown): void {
  if (typeof type === 'string' && isEventType(type)) return;
  throw new InvalidBroadcastError('event_type', 'takes the form word.word, such as invoice.paid, in lower case');
}

/** Codes that applications may use (RFC 6455, section 7.4.2), and a reason that fits into a control frame. */
export function expectClose({ code, reason }: Close): void {
  const isCode = Number.isInteger(code) && code >= 4_000 && code <= 4_999;
  if (isCode && typeof reason === 'string' && reason !== '' && Buffer.byteLength(reason) <= 123) return;
  throw new InvalidBroadcastError('close', 'takes { code, reason }: 4000 to 4999, and 1 to 123 bytes');
}

export function channelOf(field: string, make: () => Channel): Channel {
  try {
    return make();
  } catch (error) {
    throw new InvalidBroadcastError(field, error instanceof Error ? error.message : String(error));
  }
}
