import type { DataSource, EntityManager } from 'typeorm';
import type { Broker, Message, MessageKind } from '../broker/broker.js';
import { Channel } from '../broker/channel.js';
import { formatCursor, parseCursor } from '../broker/cursor.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';

const BATCH_SIZE = 200;
/** How long a batch may publish: its transaction, and the locks on its channels, must not be held by a slow broker. */
const BATCH_MS = 2_000;
/** After so many channels that could not be published to, it is the broker that is broken. */
const MOST_FAILURES = 3;

/** Held shared by every batch, and alone by whoever lets published messages wait again. */
export const BATCHES_LOCK = `hashtextextended('realtime_outbox batches', 0)`;

/**
 * The channels of the oldest waiting messages, and which of them this transaction may publish: one process at a time works
 * on a channel, so its order holds. The locks end with the transaction, and with the process.
 */
const LOCK_CHANNELS = `
  WITH oldest AS MATERIALIZED (
    SELECT channel FROM realtime_outbox WHERE published_at IS NULL ORDER BY sequence LIMIT ${BATCH_SIZE}
  ), waiting AS MATERIALIZED (
    SELECT DISTINCT channel FROM oldest
  ), batches AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(${BATCHES_LOCK})
  )
  SELECT channel, pg_try_advisory_xact_lock(hashtextextended('realtime_outbox ' || channel, 0)) AS locked
  FROM batches, waiting`;

/**
 * A statement of its own: it sees what the last holder of the locks has committed. What is published again comes first, in the
 * order in which clients have seen it; the sequence has a transaction that was committed late before others that were told of
 * sooner.
 */
const SELECT_MESSAGES = `
  SELECT id, channel, kind, body, idempotency_key, "except", cursor FROM realtime_outbox
  WHERE published_at IS NULL AND channel = ANY($1::text[])
  ORDER BY cursor COLLATE "C" NULLS LAST, sequence LIMIT ${BATCH_SIZE}`;

const MARK_PUBLISHED = `
  UPDATE realtime_outbox SET published_at = now(), cursor = published.cursor
  FROM unnest($1::uuid[], $2::text[]) AS published (id, cursor) WHERE realtime_outbox.id = published.id`;

interface OutboxRow {
  id: string;
  channel: string;
  kind: MessageKind;
  body: string;
  idempotency_key: string | null;
  except: string | null;
  /** Set if it was published before. */
  cursor: string | null;
}

/** What a batch has left. `contended`: messages wait in channels that another process works on. */
export type BatchResult = 'empty' | 'more' | 'contended';

/**
 * Publishes the oldest waiting messages, each channel's in order, and marks those that the broker has accepted. A channel
 * that can't be published to does not hold up the others.
 *
 * @throws what the database has thrown, or the broker first; what was accepted is marked all the same
 */
export async function publishBatch(
  dataSource: DataSource,
  broker: Broker,
  metrics: RealtimeMetrics,
): Promise<BatchResult> {
  const failures: unknown[] = [];
  const result = await dataSource.transaction(async (manager): Promise<BatchResult> => {
    const waiting = await manager.query<{ channel: string; locked: boolean }[]>(LOCK_CHANNELS);
    const mine = waiting.filter(({ locked }) => locked).map(({ channel }) => channel);
    if (mine.length === 0) return waiting.length === 0 ? 'empty' : 'contended';
    const rows = await manager.query<OutboxRow[]>(SELECT_MESSAGES, [mine]);
    await markPublished(await publishRows(rows, broker, metrics, failures), manager);
    return 'more';
  });
  if (failures.length > 0) throw failures[0];
  return result;
}

async function publishRows(
  rows: readonly OutboxRow[],
  broker: Broker,
  metrics: RealtimeMetrics,
  failures: unknown[],
): Promise<Map<string, string>> {
  const published = new Map<string, string>();
  const broken = new Set<string>();
  const end = performance.now() + BATCH_MS;
  for (const row of rows) {
    if (broken.has(row.channel)) continue;
    if (performance.now() > end || broken.size >= MOST_FAILURES) break;
    try {
      const { position } = await metrics.publishing(row.kind, () => broker.publish(messageOf(row)));
      published.set(row.id, formatCursor(position));
    } catch (error) {
      broken.add(row.channel);
      failures.push(error);
    }
  }
  return published;
}

/** @param published cursors by message id */
async function markPublished(published: ReadonlyMap<string, string>, manager: EntityManager): Promise<void> {
  if (published.size > 0) await manager.query(MARK_PUBLISHED, [[...published.keys()], [...published.values()]]);
}

function messageOf({ id, channel, kind, body, idempotency_key, except, cursor }: OutboxRow): Message {
  return {
    id,
    channel: Channel.parse(channel),
    kind,
    body,
    idempotencyKey: idempotency_key ?? id,
    except,
    formerPosition: cursor === null ? null : parseCursor(cursor),
  };
}
