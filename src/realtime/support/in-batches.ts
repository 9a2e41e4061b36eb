import type { DataSource } from 'typeorm';

/** A statement over this many rows takes a small part of the statement timeout, and holds its locks only briefly. */
const BATCH = 1_000;

/**
 * Changes any number of rows in small statements: a single one over a large table would run into the statement timeout,
 * at each attempt.
 *
 * @param change changes at most `limit` rows, commits, and returns their number
 * @param signal ends it after the current batch
 * @returns how many rows were changed in all
 */
export async function inBatches(change: (limit: number) => Promise<number>, signal?: AbortSignal): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await change(BATCH);
    total += count;
    if (count < BATCH || signal?.aborted === true) return total;
  }
}

/** Which rows are old. All are part of the SQL. */
export interface OldRows {
  /** A table with a primary key `id`. */
  table: string;
  /** The column that tells their age. */
  by: string;
  /** A condition; its parameters are `$1` and on. */
  isOld: string;
}

/**
 * Deletes old rows in batches, the oldest first. Skips those that another process is deleting.
 * @returns how many were deleted
 */
export function deleteInBatches(
  dataSource: DataSource,
  { table, by, isOld }: OldRows,
  parameters: readonly unknown[],
  signal?: AbortSignal,
): Promise<number> {
  const statement = `
    DELETE FROM ${table} WHERE id IN (
      SELECT id FROM ${table} WHERE ${isOld} ORDER BY ${by} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
    )`;
  return inBatches(async () => {
    const [, count] = await dataSource.query<[unknown, number]>(statement, [...parameters]);
    return count;
  }, signal);
}
