import type { DataSource, EntityManager } from 'typeorm';
import type { Broker, MessageKind } from '../broker/broker.js';
import { Channel } from '../broker/channel.js';

const BATCH_SIZE = 200;

/**
 * The channels of the oldest waiting messages, and which of them this transaction may publish: one process at a time works
 * on a channel, so its order holds. The locks end with the transaction, and with the process.
 */
const LOCK_CHANNELS = `
  WITH oldest AS MATERIALIZED (
    SELECT channel FROM realtime_outbox WHERE published_at IS NULL ORDER BY sequence LIMIT ${BATCH_SIZE}
  ), waiting AS MATERIALIZED (
    SELECT DISTINCT channel FROM oldest
  )
  SELECT channel, pg_try_advisory_xact_lock(hashtextextended('realtime_outbox ' || channel, 0)) AS locked FROM waiting`;

/** A statement of its own: it sees what the last holder of the locks has committed. */
const SELECT_MESSAGES = `
  SELECT id, channel, kind, body, idempotency_key FROM realtime_outbox
  WHERE published_at IS NULL AND channel = ANY($1::text[]) ORDER BY sequence LIMIT ${BATCH_SIZE}`;

const MARK_PUBLISHED = `UPDATE realtime_outbox SET published_at = now() WHERE id = ANY($1::uuid[])`;

const DELETE_PUBLISHED = `
  DELETE FROM realtime_outbox WHERE published_at < now() - interval '1 hour'`;

interface OutboxRow {
  id: string;
  channel: string;
  kind: MessageKind;
  body: string;
  idempotency_key: string | null;
}

/** What a batch has left. `contended`: messages wait in channels that another process works on. */
export type BatchResult = 'empty' | 'more' | 'contended';

/** Publishes the oldest waiting messages, each channel's in order, and marks those that the broker has accepted. */
export class OutboxBatch {
  constructor(
    private readonly dataSource: DataSource,
    private readonly broker: Broker,
  ) {}

  /** Deletes what was published long ago. */
  static async deletePublished(dataSource: DataSource): Promise<void> {
    await dataSource.query(DELETE_PUBLISHED);
  }

  /** @throws what the database or the broker throws; messages that were accepted before stay marked */
  async publish(): Promise<BatchResult> {
    const { result, failure } = await this.dataSource.transaction(async (manager) => {
      const waiting = await manager.query<{ channel: string; locked: boolean }[]>(LOCK_CHANNELS);
      const mine = waiting.filter(({ locked }) => locked).map(({ channel }) => channel);
      if (mine.length === 0)
        return { result: waiting.length === 0 ? ('empty' as const) : ('contended' as const), failure: null };
      const rows = await manager.query<OutboxRow[]>(SELECT_MESSAGES, [mine]);
      return { result: 'more' as const, failure: await this.publishRows(rows, manager) };
    });
    if (failure !== null) throw failure.error;
    return result;
  }

  private async publishRows(rows: readonly OutboxRow[], manager: EntityManager): Promise<{ error: unknown } | null> {
    const published: string[] = [];
    const failure = await this.publishInOrder(rows, published);
    if (published.length > 0) await manager.query(MARK_PUBLISHED, [published]);
    return failure;
  }

  private async publishInOrder(rows: readonly OutboxRow[], published: string[]): Promise<{ error: unknown } | null> {
    try {
      for (const { id, channel, kind, body, idempotency_key } of rows) {
        const idempotencyKey = idempotency_key ?? id;
        await this.broker.publish({ id, channel: Channel.parse(channel), kind, body, idempotencyKey });
        published.push(id);
      }
      return null;
    } catch (error) {
      return { error };
    }
  }
}
