import { type Message, MESSAGE_KINDS, type MessageKind } from '../broker/broker.js';
import { Channel } from '../broker/channel.js';
import { parseCursor } from '../broker/cursor.js';

/** A waiting message as the table has it. */
export interface OutboxRow {
  id: string;
  channel: string;
  kind: MessageKind;
  body: string;
  idempotency_key: string | null;
  except: string | null;
  /** Set if it was published before. */
  cursor: string | null;
}

/**
 * The message of a row, or why there is none: whoever writes into the table by other ways than this application's must not
 * have clients sent what is no frame.
 */
export function messageOf(row: OutboxRow): Message | Error {
  const { id, channel, kind, body, idempotency_key, except, cursor } = row;
  if (!MESSAGE_KINDS.includes(kind)) {
    return new TypeError(`kind: takes ${MESSAGE_KINDS.join(', ')}, got ${JSON.stringify(kind.slice(0, 100))}`);
  }
  if (!isOpenObject(body)) return new TypeError('body: takes the JSON of an object without its closing brace');
  try {
    return {
      id,
      channel: Channel.parse(channel),
      kind,
      body,
      idempotencyKey: idempotency_key ?? id,
      except,
      formerPosition: cursor === null ? null : parseCursor(cursor),
    };
  } catch (error) {
    return new TypeError(`channel or cursor: ${String(error)}`);
  }
}

/** Whether a closing brace, after one more field, makes it an object. */
function isOpenObject(body: string): boolean {
  try {
    const whole: unknown = JSON.parse(`${body},"cursor":""}`);
    return typeof whole === 'object' && whole !== null && !Array.isArray(whole);
  } catch {
    return false;
  }
}
