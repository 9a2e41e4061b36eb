import type { DataSource } from 'typeorm';
import type { HistoryLimits } from '../broker/broker.js';
import { IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import type { Channel } from '../broker/channel.js';
import { BATCHES_LOCK } from './outbox-batch.js';

const DEPTH = `SELECT count(*)::int AS depth FROM realtime_outbox WHERE published_at IS NULL`;

const AGE = `
  SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS age
  FROM realtime_outbox WHERE published_at IS NULL`;

const DELETE_PUBLISHED = `DELETE FROM realtime_outbox WHERE published_at < now() - make_interval(secs => $1)`;

const REOPEN_CHANNEL = `
  UPDATE realtime_outbox SET published_at = NULL
  WHERE channel = $1 AND published_at > now() - make_interval(secs => $2)`;

/** Reopens, for each channel, the messages that history would still have. */
const REOPEN_ALL = `
  UPDATE realtime_outbox SET published_at = NULL
  WHERE id IN (
    SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY channel ORDER BY cursor COLLATE "C" DESC NULLS LAST) AS place
      FROM realtime_outbox WHERE published_at > now() - make_interval(secs => $1) AND kind = 'frame'
    ) published WHERE place <= $2
  )`;

/** The first process to see a generation stores it; returns no row if it was already stored. */
const WRITE_GENERATION = `
  INSERT INTO realtime_broker (name, generation) VALUES ('redis', $1)
  ON CONFLICT (name) DO UPDATE SET generation = excluded.generation
  WHERE realtime_broker.generation <> excluded.generation
  RETURNING (xmax <> 0) AS is_other`;

/**
 * A running batch may have published messages before the loss. It must mark them before they are reopened: marked
 * afterwards, they would count as published and be lost.
 */
const AWAIT_BATCHES = `SELECT pg_advisory_xact_lock(${BATCHES_LOCK})`;

/** The outbox table: measures the backlog, deletes old rows, and reopens rows to be republished. */
export class OutboxTable {
  constructor(
    private readonly dataSource: DataSource,
    private readonly history: HistoryLimits,
  ) {}

  /** How many messages are waiting. */
  async depth(): Promise<number> {
    const [row] = await this.dataSource.query<{ depth: number }[]>(DEPTH);
    return row?.depth ?? 0;
  }

  /** How long the oldest waiting message has waited, in seconds. */
  async age(): Promise<number> {
    const [row] = await this.dataSource.query<{ age: number }[]>(AGE);
    return row?.age ?? 0;
  }

  /** Deletes rows that were published so long ago that no history still has them. */
  async deletePublished(): Promise<void> {
    const seconds = Math.max(this.history.ttlSeconds, IDEMPOTENCY_SECONDS);
    await this.dataSource.query(DELETE_PUBLISHED, [seconds]);
  }

  /** Reopens a channel's messages that were published within the last `seconds`, and returns how many. */
  reopenChannel({ name }: Channel, seconds: number): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(AWAIT_BATCHES);
      const [, count] = await manager.query<[unknown, number]>(REOPEN_CHANNEL, [name, seconds]);
      return count;
    });
  }

  /**
   * Stores the generation of the broker's data. If it has changed, reopens all messages that history would still have.
   * @returns whether it reopened messages; false if nothing changed, or another process was first
   */
  reopenForGeneration(generation: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(AWAIT_BATCHES);
      const [row] = await manager.query<{ is_other: boolean }[]>(WRITE_GENERATION, [generation]);
      if (row?.is_other !== true) return false;
      await manager.query(REOPEN_ALL, [this.history.ttlSeconds, this.history.size]);
      return true;
    });
  }
}
