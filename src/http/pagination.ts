import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { validate as isUuid } from 'uuid';
import { InvalidInputError } from '../realtime/support/errors.js';

const MAX_CURSOR_LENGTH = 2_048;

/** An example that any list accepts. */
export const CURSOR_EXAMPLE = encodeListCursor(['01997a6e-7e3f-7000-8000-000000000000']);

/** The query of every list. */
export class PageQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 20,
    description: 'The maximum number of items on a page',
  })
  @Transform(({ value }: { value: unknown }) => (isDigits(value) ? Number(value) : value))
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 20;

  @ApiPropertyOptional({
    type: String,
    minLength: 1,
    maxLength: MAX_CURSOR_LENGTH,
    description: 'The `next_cursor` of the previous page',
    example: CURSOR_EXAMPLE,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  cursor?: string;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Null on the last page. */
  next_cursor: string | null;
}

/** Makes a list's opaque cursor from the sort key of the last item on a page. */
export function encodeListCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

/**
 * The parts of a cursor. Clients can forge cursors, so `accepts` must check parts that a query needs well-formed, such as a UUID or
 * a time.
 * @throws {InvalidInputError} on the field `cursor`, if it isn't a cursor of this list
 */
export function decodeListCursor(
  cursor: string,
  count: number,
  accepts: (parts: readonly string[]) => boolean = () => true,
): string[] {
  const parts = parse(cursor);
  const isOurs = Array.isArray(parts) && parts.length === count && parts.every(isCursorPart);
  if (isOurs && accepts(parts)) return parts;
  throw new InvalidInputError([{ field: 'cursor', message: 'cursor must be the next_cursor of a page of this list' }]);
}

/** The id after which a list ordered by UUID continues; null at its start. */
export function uuidCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const [id] = decodeListCursor(cursor, 1, (parts) => parts.every((part) => isUuid(part)));
  return id ?? null;
}

/**
 * Makes a page of rows; pass one row more than the limit, which shows whether more follow.
 * @param keyOf the sort key of a row
 */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, next_cursor: hasMore ? encodeListCursor([keyOf(last)]) : null };
}

function parse(cursor: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

function isCursorPart(part: unknown): part is string {
  return typeof part === 'string' && !part.includes('\0');
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,3}$/.test(value);
}
