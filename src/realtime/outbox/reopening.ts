import type { DataSource, EntityManager } from 'typeorm';
import type { HistoryLimits } from '../broker/broker.js';
import { BATCHES_LOCK, CHANNEL_LOCK } from './claim.js';

/** How many rows a step reopens at most, unless a single channel has a longer history. */
const ROWS_PER_STEP = 5_000;

/**
 * The first process to see a generation stores it. If there was another one before, all that was published until now has
 * to be reopened. A moment later, because `published_at` is rounded to milliseconds.
 */
const WRITE_GENERATION = `
  INSERT INTO realtime_broker (name, generation) VALUES ('redis', $1)
  ON CONFLICT (name) DO UPDATE
    SET generation = excluded.generation, lost_at = clock_timestamp() + interval '1 millisecond', reopened_to = ''
    WHERE realtime_broker.generation <> excluded.generation
  RETURNING (xmax <> 0) AS is_other`;

/**
 * A running batch may have published messages before the loss. It must mark them first: marked afterwards, they would
 * count as published, on a channel that the walk has not found.
 */
const AWAIT_BATCHES = `SELECT pg_advisory_xact_lock(${BATCHES_LOCK})`;

const STATE = `
  SELECT generation, reopened_to IS NOT NULL AS is_pending FROM realtime_broker WHERE name = 'redis'`;

/** One process at a time walks through the channels. */
const TAKE_WALK = `
  SELECT reopened_to FROM realtime_broker WHERE name = 'redis' AND reopened_to IS NOT NULL FOR UPDATE SKIP LOCKED`;

/** Jumps in the index from each channel to the next. */
const NEXT_CHANNELS = `
  WITH RECURSIVE walked (place, channel) AS (
    (SELECT 1, channel FROM realtime_outbox WHERE published_at IS NOT NULL AND channel > $1 ORDER BY channel LIMIT 1)
    UNION ALL
    SELECT place + 1, next.channel FROM walked CROSS JOIN LATERAL (
      SELECT channel FROM realtime_outbox WHERE published_at IS NOT NULL AND channel > walked.channel
      ORDER BY channel LIMIT 1
    ) next WHERE place < $2
  )
  SELECT channel FROM walked ORDER BY place`;

/** Waits for running batches: they must mark what they have published before it is reopened. */
const LOCK_CHANNELS = `SELECT pg_advisory_xact_lock(${CHANNEL_LOCK}) FROM unnest($1::text[]) AS channel`;

/** Reopens what history would still have of channels that lost everything at one time; `LIMIT` as in `claim.ts`. */
const REOPEN_LOST = `
  UPDATE realtime_outbox SET published_at = NULL
  WHERE id IN (
    SELECT id FROM unnest($1::text[]) AS lost (channel) CROSS JOIN LATERAL (
      SELECT id FROM realtime_outbox
      WHERE realtime_outbox.channel = lost.channel AND kind = 'frame'
        AND published_at > now() - make_interval(secs => $2)
        AND published_at <= (SELECT lost_at FROM realtime_broker WHERE name = 'redis')
      ORDER BY published_at DESC, cursor COLLATE "C" DESC LIMIT (SELECT $3::int)
    ) newest
  )`;

/** Reopens the latest messages of channels that have lost their newest ones. */
const REOPEN_LATEST = `
  WITH reopened AS (
    UPDATE realtime_outbox SET published_at = NULL
    WHERE channel = ANY($1::text[]) AND published_at > now() - make_interval(secs => $2)
    RETURNING channel
  )
  SELECT channel, count(*)::int AS count FROM reopened GROUP BY channel`;

const STORE_WALK = `UPDATE realtime_broker SET reopened_to = $1 WHERE name = 'redis'`;

/**
 * Lets published rows wait again, because the broker has lost them. If it has lost everything, one process walks through
 * all channels, in steps, while batches reopen the channels that have new messages themselves: so these need not wait
 * for the walk, and still come after older ones. Where the walk stands is stored; any process can continue it.
 */
export class Reopening {
  private isPending = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly history: HistoryLimits,
  ) {}

  /** Whether channels may still have rows that must be reopened before their new messages are published. */
  get isActive(): boolean {
    return this.isPending;
  }

  /**
   * Stores the generation of the broker's data. If another one was stored, all channels have to be reopened.
   * @returns whether this process was the first to see a new generation
   */
  async begin(generation: string): Promise<boolean> {
    if ((await this.look()) === generation) return false;
    const written = await this.dataSource.transaction(async (manager) => {
      await manager.query(AWAIT_BATCHES);
      const [row] = await manager.query<{ is_other: boolean }[]>(WRITE_GENERATION, [generation]);
      return row;
    });
    await this.look();
    return written?.is_other === true;
  }

  /** Reopens the next channels, unless another process does. Returns whether it did. */
  async step(): Promise<boolean> {
    const count = Math.max(1, Math.floor(ROWS_PER_STEP / (this.history.size + 1)));
    const hasWalked = await this.dataSource.transaction(async (manager) => {
      const [walk] = await manager.query<{ reopened_to: string }[]>(TAKE_WALK);
      if (walk === undefined) return false;
      const rows = await manager.query<{ channel: string }[]>(NEXT_CHANNELS, [walk.reopened_to, count]);
      const channels = rows.map(({ channel }) => channel);
      await lock(channels, manager);
      await this.reopen(channels, manager);
      await manager.query(STORE_WALK, [channels.length < count ? null : channels.at(-1)]);
      return true;
    });
    await this.look();
    return hasWalked;
  }

  /** Reopens lost rows of channels that the transaction has locked. */
  async reopen(channels: readonly string[], manager: EntityManager): Promise<void> {
    await manager.query(REOPEN_LOST, [channels, this.history.ttlSeconds, this.history.size]);
  }

  /** Reopens what was published to channels within the last `seconds`; returns by channel how many rows wait again. */
  reopenLatest(channels: readonly string[], seconds: number): Promise<Map<string, number>> {
    return this.dataSource.transaction(async (manager) => {
      await lock(channels, manager);
      const rows = await manager.query<{ channel: string; count: number }[]>(REOPEN_LATEST, [channels, seconds]);
      return new Map(rows.map(({ channel, count }) => [channel, count]));
    });
  }

  /** Reads where the walk stands; returns the stored generation, if there is one. */
  private async look(): Promise<string | null> {
    const [state] = await this.dataSource.query<{ generation: string; is_pending: boolean }[]>(STATE);
    this.isPending = state?.is_pending === true;
    return state?.generation ?? null;
  }
}

/** In one order, so that two processes that lock the same channels don't wait for each other. */
async function lock(channels: readonly string[], manager: EntityManager): Promise<void> {
  await manager.query(LOCK_CHANNELS, [channels.toSorted()]);
}
