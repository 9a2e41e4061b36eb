import type { History, Publication } from './broker.js';
import type { Position } from './cursor.js';

/**
 * Finds what was published after a position, in the part of history that was read.
 *
 * A position is trusted only if its tag matches the message at its offset. So that message must still be in history (a
 * broker keeps one message more than the limit) or be the newest one. Offset 0 has no message to compare.
 *
 * @param limit how many missed messages to return at most
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
