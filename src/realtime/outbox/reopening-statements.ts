import { BATCHES_LOCK, CHANNEL_LOCK } from './claim.js';

/** How many channels a step looks at to find some that have lost messages. */
export const MOST_LOOKED_AT = 1_000;

/**
 * A running batch may have published messages before the loss. It must mark them first: marked afterwards, they would
 * count as published, on a channel that the walk has not found.
 */
export const AWAIT_BATCHES = `SELECT pg_advisory_xact_lock(${BATCHES_LOCK})`;

export const STATE = `
  SELECT generation, masters, reopened_to IS NOT NULL AS is_pending,
    (extract(epoch FROM clock_timestamp() - lost_at) * 1000)::float8 AS lost_ms_ago,
    (
      SELECT channel FROM realtime_outbox WHERE published_at IS NULL AND cursor IS NOT NULL ORDER BY channel LIMIT 1
    ) IS NOT NULL AS is_waiting
  FROM realtime_broker WHERE name = 'redis'`;

export const STORE_STATE = `
  INSERT INTO realtime_broker (name, generation, masters) VALUES ('redis', $1, $2)
  ON CONFLICT (name) DO UPDATE SET generation = excluded.generation, masters = excluded.masters`;

/**
 * All that was published until now, back to some seconds, has to be reopened. A moment later, because `published_at` is
 * rounded to milliseconds.
 */
export const STORE_LOSS = `
  UPDATE realtime_broker SET reopened_to = '', lost_at = clock_timestamp() + interval '1 millisecond',
    lost_since = least(
      CASE WHEN reopened_to IS NOT NULL THEN lost_since END, clock_timestamp() - make_interval(secs => $1)
    )
  WHERE name = 'redis'`;

/** One process at a time walks through the channels. */
export const TAKE_WALK = `
  SELECT reopened_to FROM realtime_broker WHERE name = 'redis' AND reopened_to IS NOT NULL FOR UPDATE SKIP LOCKED`;

export const STORE_WALK = `UPDATE realtime_broker SET reopened_to = $1 WHERE name = 'redis'`;

/** Rows that were published in the time of the loss. */
const IS_LOST = `
  kind = 'frame'
  AND published_at > (SELECT lost_since FROM realtime_broker WHERE name = 'redis')
  AND published_at <= (SELECT lost_at FROM realtime_broker WHERE name = 'redis')`;

/** Jumps in the index from each channel to the next, and tells which have lost rows. */
export const NEXT_CHANNELS = `
  WITH RECURSIVE walked (place, channel, lost) AS (
    SELECT 0, $1::text, 0
    UNION ALL
    SELECT place + 1, next.channel, lost + (EXISTS (
      SELECT FROM realtime_outbox WHERE realtime_outbox.channel = next.channel AND ${IS_LOST}
    ))::int
    FROM walked CROSS JOIN LATERAL (
      SELECT channel FROM realtime_outbox WHERE published_at IS NOT NULL AND channel > walked.channel
      ORDER BY channel LIMIT 1
    ) next
    WHERE place < ${MOST_LOOKED_AT} AND lost < $2
  )
  SELECT channel, lost > lag(lost, 1, 0) OVER (ORDER BY place) AS has_lost FROM walked WHERE place > 0 ORDER BY place`;

/** Waits for running batches: they must mark what they have published before it is reopened. */
export const LOCK_CHANNELS = `SELECT pg_advisory_xact_lock(${CHANNEL_LOCK}) FROM unnest($1::text[]) AS channel`;

/**
 * Reopens what history would still have of channels: of the newest rows, those that were published in the time of the
 * loss. What was reopened before, or published since, counts as newer: so it can be repeated. `LIMIT` as in `claim.ts`.
 */
export const REOPEN_LOST = `
  UPDATE realtime_outbox SET published_at = NULL
  WHERE id IN (
    SELECT id FROM realtime_broker CROSS JOIN unnest($1::text[]) AS lost (channel) CROSS JOIN LATERAL (
      SELECT id, published_at FROM (
        (
          SELECT id, published_at, cursor FROM realtime_outbox
          WHERE realtime_outbox.channel = lost.channel AND published_at IS NULL AND cursor IS NOT NULL
          LIMIT (SELECT $2::int)
        ) UNION ALL (
          SELECT id, published_at, cursor FROM realtime_outbox
          WHERE realtime_outbox.channel = lost.channel AND kind = 'frame' AND published_at > lost_since
          ORDER BY published_at DESC, cursor COLLATE "C" DESC LIMIT (SELECT $2::int)
        )
      ) known
      ORDER BY published_at DESC NULLS FIRST, cursor COLLATE "C" DESC LIMIT (SELECT $2::int)
    ) newest
    WHERE name = 'redis' AND newest.published_at <= lost_at
  )`;

/** Reopens the latest messages of channels that have lost their newest ones. */
export const REOPEN_LATEST = `
  WITH reopened AS (
    UPDATE realtime_outbox SET published_at = NULL
    WHERE id IN (
      SELECT id FROM unnest($1::text[]) AS lost (channel) CROSS JOIN LATERAL (
        SELECT id FROM realtime_outbox
        WHERE realtime_outbox.channel = lost.channel AND published_at > now() - make_interval(secs => $2)
        ORDER BY published_at DESC, cursor COLLATE "C" DESC LIMIT (SELECT $3::int)
      ) newest
    )
    RETURNING channel
  )
  SELECT channel, count(*)::int AS count FROM reopened GROUP BY channel`;

export const COUNT_REOPENED = `
  SELECT channel, count(*)::int AS count FROM realtime_outbox
  WHERE published_at IS NULL AND cursor IS NOT NULL AND channel = ANY($1::text[]) GROUP BY channel`;
