import type { DataSource, EntityManager } from 'typeorm';
import type { Broker, Message } from '../broker/broker.js';
import { Topic } from '../broker/topic.js';
import { formatCursor } from '../broker/cursor.js';
import { Semaphore } from '../support/semaphore.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import type { OutboxRow, Signal } from './outbox-row.js';
import { readRow } from './read-row.js';
import { inSteps } from './steps.js';

const BATCH_SIZE = 200;
/** How long a batch may publish: a slow broker must not keep its transaction and channel locks open. */
const BATCH_MS = 2_000;
/** Enough to keep a broker busy, while joins and tickets share the same Redis connection. */
const CHANNELS_AT_ONCE = 16;

/** Every batch holds it shared; reopening published messages takes it exclusively. */
export const BATCHES_LOCK = `hashtextextended('realtime_outbox batches', 0)`;

/**
 * Selects the channels of the oldest waiting messages, except resting ones, and tries to lock each. Only one process at
 * a time publishes to a channel, which keeps its order. The locks end with the transaction, or with the process.
 */
const LOCK_CHANNELS = `
  WITH oldest AS MATERIALIZED (
    SELECT channel FROM realtime_outbox WHERE published_at IS NULL AND channel <> ALL($1::text[])
    ORDER BY sequence LIMIT ${BATCH_SIZE}
  ), waiting AS MATERIALIZED (
    SELECT DISTINCT channel FROM oldest
  ), batches AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(${BATCHES_LOCK})
  )
  SELECT channel, pg_try_advisory_xact_lock(hashtextextended('realtime_outbox ' || channel, 0)) AS locked
  FROM batches, waiting`;

/**
 * A separate statement, so that it sees what the previous holder of the locks has committed. Republished messages come
 * first, in the order in which clients saw them. `sequence` alone would put a transaction that committed late before
 * messages that were published earlier.
 */
const SELECT_MESSAGES = `
  SELECT id, channel, kind, body, idempotency_key, "except", cursor,
    (extract(epoch FROM created_at) * 1000)::float8 AS created_ms
  FROM realtime_outbox
  WHERE published_at IS NULL AND channel = ANY($1::text[])
  ORDER BY cursor COLLATE "C" NULLS LAST, sequence LIMIT ${BATCH_SIZE}`;

const MARK_PUBLISHED = `
  UPDATE realtime_outbox SET published_at = now(), cursor = published.cursor
  FROM unnest($1::uuid[], $2::text[]) AS published (id, cursor) WHERE realtime_outbox.id = published.id`;

/** What is left after a batch. `contended`: the waiting messages are in channels that another process has locked. */
export type BatchResult = 'empty' | 'more' | 'contended';

/** The outcome of a batch. */
export interface Batch {
  result: BatchResult;
  /** By message id: its cursor, or null for signals and invalid rows. */
  settled: Map<string, string | null>;
  /** By message id: why the row is invalid. */
  unreadable: Map<string, Error>;
  /** The names of channels that were published to without a failure. */
  whole: Set<string>;
  /** By channel: why the broker did not accept its messages. */
  failures: Map<string, Error>;
}

/** Whether no channel succeeded: then the broker may be down, not just some channels failing. */
export function isBrokerAtFault({ whole, failures }: Batch): boolean {
  return failures.size > 0 && whole.size === 0;
}

/** What a batch works with. */
export interface BatchContext {
  dataSource: DataSource;
  broker: Broker;
  metrics: RealtimeMetrics;
  /** The known generation of the broker's data. With another one, older messages must be republished first. */
  generation: string | null;
  /** The names of channels to skip. */
  resting: readonly string[];
}

/**
 * Publishes the oldest waiting messages, each channel's in order, and marks those that the broker has accepted. A
 * failing channel does not hold up the others.
 *
 * @throws what the database throws
 */
export async function publishBatch(context: BatchContext): Promise<Batch> {
  const batch: Batch = {
    result: 'more',
    settled: new Map(),
    unreadable: new Map(),
    whole: new Set(),
    failures: new Map(),
  };
  await context.dataSource.transaction(async (manager) => {
    const waiting = await manager.query<{ channel: string; locked: boolean }[]>(LOCK_CHANNELS, [context.resting]);
    const mine = waiting.filter(({ locked }) => locked).map(({ channel }) => channel);
    if (mine.length === 0) {
      batch.result = waiting.length === 0 ? 'empty' : 'contended';
      return;
    }
    const { channels, signals } = sort(await manager.query<OutboxRow[]>(SELECT_MESSAGES, [mine]), batch);
    const end = performance.now() + BATCH_MS;
    // Revocations first: what follows may not be meant for the clients that they disconnect.
    await publishSignals(signals, context, batch);
    const semaphore = new Semaphore(CHANNELS_AT_ONCE);
    await Promise.all(
      [...channels].map(([name, messages]) => semaphore.run(() => publishChannel(name, messages, end, context, batch))),
    );
    await markSettled(batch.settled, manager);
  });
  return batch;
}

/** The rows of a batch by destination. */
interface Sorted {
  channels: Map<string, Message[]>;
  /** With the channel names of their rows. */
  signals: [name: string, signal: Signal][];
}

/** Leaves out invalid rows. */
function sort(rows: readonly OutboxRow[], { settled, unreadable }: Batch): Sorted {
  const channels = new Map<string, Message[]>();
  const signals: Sorted['signals'] = [];
  for (const row of rows) {
    const content = readRow(row);
    if (content instanceof Error) {
      settled.set(row.id, null);
      unreadable.set(row.id, content);
    } else if ('payload' in content) {
      signals.push([row.channel, content]);
    } else {
      const messages = channels.get(row.channel);
      if (messages === undefined) channels.set(row.channel, [content]);
      else messages.push(content);
    }
  }
  return { channels, signals };
}

/** Never rejects. */
async function publishSignals(
  signals: Sorted['signals'],
  { broker, metrics }: BatchContext,
  { settled, whole, failures }: Batch,
): Promise<void> {
  for (const [name, { id, payload }] of signals) {
    if (failures.has(name)) continue;
    try {
      await metrics.publishing(1, 'signal', () => broker.signal(Topic.nodes, payload));
      settled.set(id, null);
      whole.add(name);
    } catch (error) {
      whole.delete(name);
      failures.set(name, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Never rejects. */
async function publishChannel(
  name: string,
  messages: readonly Message[],
  end: number,
  { broker, metrics, generation }: BatchContext,
  batch: Batch,
): Promise<void> {
  for (const some of inSteps(messages)) {
    if (performance.now() > end) return;
    try {
      const published = await metrics.publishing(some.length, 'frame', () => broker.publishAll(some, generation));
      for (const [index, { position }] of published.entries()) {
        const message = some[index];
        if (message !== undefined) batch.settled.set(message.id, formatCursor(position));
      }
      batch.whole.add(name);
    } catch (error) {
      batch.whole.delete(name);
      batch.failures.set(name, error instanceof Error ? error : new Error(String(error)));
      return;
    }
  }
}

async function markSettled(settled: Batch['settled'], manager: EntityManager): Promise<void> {
  if (settled.size > 0) await manager.query(MARK_PUBLISHED, [[...settled.keys()], [...settled.values()]]);
}
