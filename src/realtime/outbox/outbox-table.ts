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

/** Of each channel the messages that history would still have. */
const REOPEN_ALL = `
  UPDATE realtime_outbox SET published_at = NULL
  WHERE id IN (
    SELECT id FROM (
      SELECT id, row_number() OVER (PARTITION BY channel ORDER BY cursor COLLATE "C" DESC NULLS LAST) AS place
      FROM realtime_outbox WHERE published_at > now() - make_interval(secs => $1) AND kind = 'frame'
    ) published WHERE place <= $2
  )`;

/** The first process that sees a generation writes it down; null rows mean that it was there already. */
const WRITE_GENERATION = `
  INSERT INTO realtime_broker (name, generation) VALUES ('redis', $1)
  ON CONFLICT (name) DO UPDATE SET generation = excluded.generation
  WHERE realtime_broker.generation <> excluded.generation
  RETURNING (xmax <> 0) AS is_other`;

/**
 * What a batch in hand has published before the loss must be marked before it is let wait again; marked later, it would count as
 * published and be lost.
 */
const AWAIT_BATCHES = `SELECT pg_advisory_xact_lock(${BATCHES_LOCK})`;

/** The outbox as a whole: how full it is, what may be forgotten, and what has to be published again. */
export class OutboxTable {
  constructor(
    private readonly dataSource: DataSource,
    private readonly history: HistoryLimits,
  ) {}

  /** How many messages wait. */
  async depth(): Promise<number> {
    const [row] = await this.dataSource.query<{ depth: number }[]>(DEPTH);
    return row?.depth ?? 0;
  }

  /** How long the oldest waiting message has waited, in seconds. */
  async age(): Promise<number> {
    const [row] = await this.dataSource.query<{ age: number }[]>(AGE);
    return row?.age ?? 0;
  }

  /** Forgets what was published so long ago that no history has it any more. */
  async deletePublished(): Promise<void> {
    const seconds = Math.max(this.history.ttlSeconds, IDEMPOTENCY_SECONDS);
    await this.dataSource.query(DELETE_PUBLISHED, [seconds]);
  }

  /** Lets the messages of a channel that were published within the last seconds wait again, and says how many. */
  reopenChannel({ name }: Channel, seconds: number): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(AWAIT_BATCHES);
      const [, count] = await manager.query<[unknown, number]>(REOPEN_CHANNEL, [name, seconds]);
      return count;
    });
  }

  /**
   * Notes which generation the broker's data is of. If it is another one than before, all that its history would have waits
   * again.
   * @returns whether that was so, and no other process was first
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
