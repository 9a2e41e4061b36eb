import { randomInt } from 'node:crypto';

/** A position in a channel's stream. Offsets start at 1; 0 is the position before the first message. */
export interface Position {
  /** One lifetime of the channel's counter: offsets of different epochs can't be compared. Later epochs sort higher. */
  epoch: string;
  offset: number;
  /**
   * Identifies the message at this offset, since a broker that loses its newest messages gives out the same offset
   * twice. With such a broker, it identifies all messages before it, too.
   */
  tag: string;
}

const EPOCH_DIGITS = 18;
const OFFSET_DIGITS = 12;
const CURSOR = new RegExp(`^([0-9a-z]{${EPOCH_DIGITS}})\\.([0-9a-f]{${OFFSET_DIGITS}})\\.([0-9a-f]{8})$`);

/** The tag of the position before the first message. */
export const NO_TAG = '00000000';

/**
 * A fresh epoch: the time in milliseconds, so that it sorts after earlier ones, and a random part, so that no two
 * collide. The Lua scripts of `RedisBroker` build the same form with Redis's clock.
 */
export function newEpoch(now = Date.now()): string {
  return now.toString(16).padStart(11, '0') + epochChance();
}

/** The random part of an epoch. */
export function epochChance(): string {
  return randomInt(36 ** 7)
    .toString(36)
    .padStart(7, '0');
}

/** A message's contribution to its tag, from its id (a UUID). */
export function tagOf(messageId: string): string {
  return messageId.slice(-8);
}

/** The string that clients keep; it sorts in channel order. The Lua scripts of `RedisBroker` write the same form. */
export function formatCursor({ epoch, offset, tag }: Position): string {
  return `${epoch}.${offset.toString(16).padStart(OFFSET_DIGITS, '0')}.${tag}`;
}

/** Null if the text is not a cursor. */
export function parseCursor(text: string): Position | null {
  const [, epoch, offset, tag] = CURSOR.exec(text) ?? [];
  if (epoch === undefined || offset === undefined || tag === undefined) return null;
  return { epoch, offset: Number.parseInt(offset, 16), tag };
}

/** Negative if `a` comes before `b` in the channel, 0 if they have the same epoch and offset. */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  return a.offset - b.offset;
}
