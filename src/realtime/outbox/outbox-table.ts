import type { DataSource } from 'typeorm';
import { type HistoryLimits, IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import { deleteInBatches } from '../support/in-batches.js';

/** Waiting messages are counted up to this number, so that looking at a long backlog does not slow it down further. */
export const MOST_COUNTED = 100_000;

const WAITING = `
  SELECT count(*)::int AS depth, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age
  FROM (SELECT created_at FROM realtime_outbox WHERE published_at IS NULL LIMIT ${MOST_COUNTED}) waiting`;

/** The outbox table: measures the backlog, and deletes old rows. */
export class OutboxTable {
  constructor(
    private readonly dataSource: DataSource,
    private readonly history: HistoryLimits,
  ) {}

  /** How many messages are waiting, up to `MOST_COUNTED`. */
  async depth(): Promise<number> {
    return (await this.waiting()).depth;
  }

  /** How long the oldest of the counted messages has waited, in seconds. */
  async age(): Promise<number> {
    return (await this.waiting()).age;
  }

  /**
   * Deletes rows that were published so long ago that no history still has them; returns how many.
   * @param signal ends it early
   */
  deletePublished(signal?: AbortSignal): Promise<number> {
    const seconds = Math.max(this.history.ttlSeconds, IDEMPOTENCY_SECONDS);
    const isOld = 'published_at < now() - make_interval(secs => $1)';
    return deleteInBatches(this.dataSource, { table: 'realtime_outbox', by: 'published_at', isOld }, [seconds], signal);
  }

  private async waiting(): Promise<{ depth: number; age: number }> {
    const [row] = await this.dataSource.query<{ depth: number; age: number }[]>(WAITING);
    return row ?? { depth: 0, age: 0 };
  }
}
