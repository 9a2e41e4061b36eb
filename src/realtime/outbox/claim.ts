import type { DataSource, EntityManager } from 'typeorm';
import { Topic } from '../broker/topic.js';
import type { OutboxRow } from './outbox-row.js';

/** How many channels one claim locks, beside those that it is asked for first. */
const CHANNELS = 64;
/** How many channels it looks at to find them, as other processes may have locked some. */
const MOST_LOOKED_AT = 512;
/** How many rows of one channel a claim takes at most: a channel with a long backlog must not hold up the others. */
const ROWS_PER_CHANNEL = 100;
/** How many rows a claim takes in all, as each may have 64 KiB. */
const ROWS = 500;

/** Every batch holds it shared; a process that notes a loss takes it exclusively. */
export const BATCHES_LOCK = `hashtextextended('realtime_outbox batches', 0)`;
/** Only one process at a time publishes to a channel, which keeps its order. The lock ends with the transaction. */
export const CHANNEL_LOCK = `hashtextextended('realtime_outbox ' || channel, 0)`;
const TRY_LOCK = `pg_try_advisory_xact_lock(${CHANNEL_LOCK})`;

/**
 * Looks for channels with waiting rows, from one name on, and jumps in the index from each channel to the next: so a
 * backlog of one costs no more than a single row. Tries to lock each, and takes the first rows of those that it gets.
 * `mine` is null for channels that are not to be locked, of which only the last is returned.
 *
 * `FOR UPDATE` reads a row again if it has changed since the statement began: another process may have published it and
 * released its lock meanwhile. The subquery in `LIMIT` hides its value: if it is more than the rows that statistics
 * expect, Postgres sorts all rows of a channel instead of reading the first of the index.
 *
 * Republished rows come first, in the order in which clients saw them. `sequence` alone would put a transaction that
 * committed late before rows that were published earlier.
 */
const CLAIM = `
  WITH RECURSIVE batches AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(${BATCHES_LOCK})
  ), walked (place, channel, mine, locked) AS (
    SELECT 0, $2::text, NULL::boolean, 0 FROM batches
    UNION ALL
    SELECT place + 1, next.channel, next.mine, locked + coalesce(next.mine, false)::int
    FROM walked CROSS JOIN LATERAL (
      SELECT channel, CASE WHEN channel = ANY($1::text[] || $3::text[]) THEN NULL ELSE ${TRY_LOCK} END AS mine
      FROM (
        SELECT channel FROM realtime_outbox WHERE published_at IS NULL AND channel > walked.channel
        ORDER BY channel LIMIT 1
      ) found
    ) next
    WHERE locked < ${CHANNELS} AND place < ${MOST_LOOKED_AT}
  ), claimed AS MATERIALIZED (
    SELECT 0 AS place, channel, CASE WHEN channel = ANY($3::text[]) THEN NULL ELSE ${TRY_LOCK} END AS mine
    FROM batches, unnest($1::text[]) AS channel
    WHERE EXISTS (SELECT FROM realtime_outbox WHERE published_at IS NULL AND realtime_outbox.channel = channel.channel)
    UNION ALL
    SELECT place, channel, mine FROM walked
    WHERE mine IS NOT NULL OR (place > 0 AND place = (SELECT max(place) FROM walked))
  )
  SELECT place, channel, mine, id, kind, body, idempotency_key, "except", cursor, created_ms
  FROM claimed LEFT JOIN LATERAL (
    SELECT id, kind, body, idempotency_key, "except", cursor,
      (extract(epoch FROM created_at) * 1000)::float8 AS created_ms
    FROM realtime_outbox
    WHERE published_at IS NULL AND mine AND realtime_outbox.channel = claimed.channel
    ORDER BY cursor COLLATE "C", sequence LIMIT (SELECT $4::int) FOR UPDATE
  ) waiting ON true
  LIMIT ${ROWS}`;

const ANY_WAITING = `
  SELECT (SELECT channel FROM realtime_outbox WHERE published_at IS NULL ORDER BY channel LIMIT 1) IS NOT NULL AS any`;

/** Whether any row waits, in one round trip: for processes that have nothing else to do. */
export async function isAnyWaiting(dataSource: DataSource): Promise<boolean> {
  const [row] = await dataSource.query<{ any: boolean }[]>(ANY_WAITING);
  return row?.any === true;
}

/** What to look for. */
export interface ClaimRequest {
  /** Channel names that are looked at in any case. Revocations always are, and come before all others. */
  first: readonly string[];
  /** Other channels are looked at in the order of their names, beginning after this one; null: no others. */
  after: string | null;
  /** Channel names to skip. */
  resting: readonly string[];
}

/** Rows that this transaction alone publishes. */
export interface Claim {
  rows: OutboxRow[];
  /** The names of the channels that it has locked: those asked for first, then others in the order of their names. */
  channels: string[];
  /** Those of `first` that may have more rows. */
  left: string[];
  /** Those of `first` that another process has locked. */
  taken: string[];
  /** Another process has locked some of the channels. */
  isContended: boolean;
  /** One of the other channels may have more rows, in front of `after`. */
  isLong: boolean;
  /** Where the next claim goes on; empty at the end of the channels. */
  after: string;
}

type ClaimedRow = { place: number; mine: boolean | null } & (OutboxRow | { id: null; channel: string });

/**
 * Locks channels, and takes their waiting rows. Must run in a transaction of its own, at `READ COMMITTED`.
 * @param isForLocks takes no rows
 */
export async function claim(
  { first, after, resting }: ClaimRequest,
  manager: EntityManager,
  isForLocks = false,
): Promise<Claim> {
  const wanted = [...new Set([Topic.nodes.name, ...first])];
  // Leaves half of the rows to other channels, however long those that come first are.
  const most = isForLocks ? 0 : Math.min(ROWS_PER_CHANNEL, Math.max(1, Math.floor(ROWS / 2 / wanted.length)));
  const found = await manager.query<ClaimedRow[]>(CLAIM, [wanted, after, resting, most]);
  const last = found.toSorted((a, b) => b.place - a.place).find(({ place }) => place > 0);
  const locked = found.filter(({ mine }) => mine === true);
  const walked = new Set(locked.filter(({ place }) => place > 0).map(({ channel }) => channel));
  const isFull = found.length >= ROWS || walked.size >= CHANNELS || last?.place === MOST_LOOKED_AT;
  const rows = found.filter((row): row is ClaimedRow & OutboxRow => row.id !== null);
  const counts = new Map<string, number>();
  for (const { channel } of rows) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  const isLong = (channel: string): boolean => most > 0 && (counts.get(channel) ?? 0) >= most;
  return {
    rows,
    channels: [...new Set(locked.map(({ channel }) => channel))],
    left: first.filter(isLong),
    taken: first.filter((channel) => found.some((row) => row.channel === channel && row.mine === false)),
    isContended: found.some(({ mine }) => mine === false),
    isLong: found.length >= ROWS || [...walked, Topic.nodes.name].some(isLong),
    after: isFull ? (last?.channel ?? after ?? '') : '',
  };
}
