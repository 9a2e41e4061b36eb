import type { History } from '../broker/broker.js';
import type { Position } from '../broker/cursor.js';

export function isNext({ epoch, offset }: Position, after: Position): boolean {
  return epoch === after.epoch && offset === after.offset + 1;
}

export function isSame(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.offset === b.offset && a.tag === b.tag;
}

/** Whether a position of the broker can follow what was received here; false if the broker has lost part of it. */
export function canFollow({ epoch, offset, tag }: Position, ours: Position): boolean {
  if (epoch !== ours.epoch || offset < ours.offset) return false;
  return offset > ours.offset || tag === ours.tag;
}

/** Whether our position now belongs to another message, or to none; false if history no longer reaches back to it. */
export function hasDiverged({ publications, position }: History, { offset, tag }: Position): boolean {
  if (position.offset < offset) return true;
  const atOurs = [position, ...publications.map((each) => each.position)].find((each) => each.offset === offset);
  return atOurs !== undefined && atOurs.tag !== tag;
}

/**
 * Whether a client's position is of the stream that the broker has now.
 * @param isNew a new epoch began; otherwise the end of the stream was lost, and its offsets are used again
 */
export function isWithin({ publications, position }: History, its: Position, isNew: boolean): boolean {
  if (its.epoch !== position.epoch) return false;
  if (isNew) return true;
  return [position, ...publications.map((each) => each.position)].some(
    ({ offset, tag }) => offset === its.offset && tag === its.tag,
  );
}
