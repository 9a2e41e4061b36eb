import type { Publication } from './broker.js';
import type { Position } from './cursor.js';

/** What a broker still knows of a channel. */
export interface History {
  /** Of the newest message. */
  position: Position;
  /**
   * The newest messages, oldest first, without a gap up to `position`, or to where as much was read as was asked for; empty if
   * they have expired.
   */
  publications: Publication[];
}

/**
 * Finds what was published after a position: all that was read of it or nothing.
 *
 * A position is only trusted if the message at its place is the one that it was made of. That message must still be there
 * (so a broker keeps one message more than may be missed), must be the newest, or is none at all (offset 0).
 *
 * @param limit how many messages may be missed at most
 * @returns null if history does not reach back to the position, or the position is not of this channel's past
 */
export function missedSince({ position, publications }: History, since: Position, limit: number): Publication[] | null {
  if (since.epoch !== position.epoch || since.offset > position.offset) return null;
  if (since.offset === position.offset) return since.tag === position.tag ? [] : null;
  if (position.offset - since.offset > limit) return null;
  const next = publications.findIndex((each) => each.position.offset === since.offset + 1);
  if (next === -1) return null;
  const isKnown = since.offset === 0 || publications[next - 1]?.position.tag === since.tag;
  return isKnown ? publications.slice(next) : null;
}
