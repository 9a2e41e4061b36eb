import { validate as isUuid } from 'uuid';
import { decodeListCursor, encodeListCursor, type Page } from '../http/pagination.js';

/** The id after which a list that is ordered by UUIDs goes on; null at its start. */
export function uuidCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const [id] = decodeListCursor(cursor, 1, (parts) => parts.every((part) => isUuid(part)));
  return id ?? null;
}

/**
 * A page of rows, of which one more than the limit was read to know whether more follow.
 * @param keyOf what the rows are ordered by
 */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, next_cursor: hasMore ? encodeListCursor([keyOf(last)]) : null };
}
