import type { Message } from '../broker/broker.js';
import { Channel } from '../broker/channel.js';
import { parseCursor } from '../broker/cursor.js';
import type { OutboxRow, Signal } from './outbox-row.js';
import { upgraded } from './old-rows.js';

/** What a row publishes, or why it publishes nothing. Invalid rows must never reach clients. */
export function readRow(row: OutboxRow): Message | Signal | Error {
  const { id, channel, kind, body, idempotency_key, except, cursor, created_ms } = upgraded(row);
  const content = readObject(body);
  if (content === null) return new TypeError('body: takes the JSON of a non-empty object');
  if (kind === 'revocation' || kind === 'announcement') {
    return { id, payload: JSON.stringify({ type: kind, id, at: created_ms, except, ...content }) };
  }
  if (kind !== 'frame') {
    return new TypeError(`kind: takes frame, revocation or announcement, got ${JSON.stringify(kind.slice(0, 100))}`);
  }
  try {
    return {
      id,
      channel: Channel.parse(channel),
      body,
      idempotencyKey: idempotency_key ?? id,
      except,
      formerPosition: cursor === null ? null : parseCursor(cursor),
    };
  } catch (error) {
    return new TypeError(`channel or cursor: ${String(error)}`);
  }
}

function readObject(body: string): object | null {
  try {
    const content: unknown = JSON.parse(body);
    const isObject = typeof content === 'object' && content !== null && !Array.isArray(content);
    return isObject && Object.keys(content).length > 0 ? content : null;
  } catch {
    return null;
  }
}
