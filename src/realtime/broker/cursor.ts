import { randomInt } from 'node:crypto';

/** A place in a channel's order. Offsets start at 1; 0 is the place before the first message. */
export interface Position {
  /** Names one life of the channel's counter: offsets of different epochs can't be compared. Later epochs sort higher. */
  epoch: string;
  offset: number;
  /**
   * Recognises the message at this place and, of a broker that can lose the newest ones, also those before it: the same offset
   * may have been given out twice.
   */
  tag: string;
}

const EPOCH_DIGITS = 18;
const OFFSET_DIGITS = 12;
const CURSOR = new RegExp(`^([0-9a-z]{${EPOCH_DIGITS}})\\.([0-9a-f]{${OFFSET_DIGITS}})\\.([0-9a-f]{8})$`);

/** The tag of the place before the first message. */
export const NO_TAG = '00000000';

/**
 * A fresh epoch: the time in milliseconds, so that it sorts after earlier ones, and chance, so that no two meet. The Lua of
 * `RedisBroker` makes the same form, by the clock of Redis.
 */
export function newEpoch(now = Date.now()): string {
  return now.toString(16).padStart(11, '0') + epochChance();
}

/** The part of an epoch that is chance. */
export function epochChance(): string {
  return randomInt(36 ** 7)
    .toString(36)
    .padStart(7, '0');
}

/** A message's own part of its tag, from its id (a UUID). */
export function tagOf(messageId: string): string {
  return messageId.slice(-8);
}

/** The text clients keep: grows along a channel when compared as a string. The Lua of `RedisBroker` writes the same form. */
export function formatCursor({ epoch, offset, tag }: Position): string {
  return `${epoch}.${offset.toString(16).padStart(OFFSET_DIGITS, '0')}.${tag}`;
}

/** Null if the text is no cursor. */
export function parseCursor(text: string): Position | null {
  const [, epoch, offset, tag] = CURSOR.exec(text) ?? [];
  if (epoch === undefined || offset === undefined || tag === undefined) return null;
  return { epoch, offset: Number.parseInt(offset, 16), tag };
}

/** Negative if `a` comes before `b` in the channel's order, 0 if they are the same place. */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  return a.offset - b.offset;
}
