import type { DataSource, EntityManager } from 'typeorm';
import type { Broker, Message } from '../broker/broker.js';
import { Topic } from '../broker/topic.js';
import { formatCursor } from '../broker/cursor.js';
import { Semaphore } from '../../runtime/semaphore.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import { type OutboxRow, readRow } from './outbox-row.js';
import type { Signal } from './signal.js';
import { inSteps } from './steps.js';

const BATCH_SIZE = 200;
/** How long a batch may publish: its transaction, and the locks on its channels, must not be held by a slow broker. */
const BATCH_MS = 2_000;
/** Enough to keep a broker busy; who joins and takes tickets asks over the same connection. */
const CHANNELS_AT_ONCE = 16;

/** Held shared by every batch, and alone by whoever lets published messages wait again. */
export const BATCHES_LOCK = `hashtextextended('realtime_outbox batches', 0)`;

/**
 * The channels of the oldest waiting messages, but for those named, and which of them this transaction may publish: one process at a time works
 * on a channel, so its order holds. The locks end with the transaction, and with the process.
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
 * A statement of its own: it sees what the last holder of the locks has committed. What is published again comes first, in the
 * order in which clients have seen it; the sequence has a transaction that was committed late before others that were told of
 * sooner.
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

/** What a batch has left. `contended`: messages wait in channels that another process works on. */
export type BatchResult = 'empty' | 'more' | 'contended';

/** What has become of a batch's messages. */
export interface Batch {
  result: BatchResult;
  /** By message id: its cursor, or null if it has none: a signal, or what can't be published, now or ever. */
  settled: Map<string, string | null>;
  /** By message id: why it can't be published. */
  unreadable: Map<string, Error>;
  /** The names of channels that something was published to, and nothing failed. */
  whole: Set<string>;
  /** By channel: why the broker has not accepted its first waiting messages. */
  failures: Map<string, Error>;
}

/** Whether nothing was accepted at all: that need not be the fault of the channels. */
export function isBrokerAtFault({ whole, failures }: Batch): boolean {
  return failures.size > 0 && whole.size === 0;
}

/** What a batch works with. */
export interface BatchContext {
  dataSource: DataSource;
  broker: Broker;
  metrics: RealtimeMetrics;
  /** Which the broker's data is of, as far as is known: into another one's, what is older must go first. */
  generation: string | null;
  /** The names of channels to leave alone. */
  resting: readonly string[];
}

/**
 * Publishes the oldest waiting messages, each channel's in order, and marks those that the broker has accepted. A channel
 * that can't be published to does not hold up the others.
 *
 * @throws what the database has thrown
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
    // Revocations first: what follows may not be for whom they send away.
    await publishSignals(signals, context, batch);
    const semaphore = new Semaphore(CHANNELS_AT_ONCE);
    await Promise.all(
      [...channels].map(([name, messages]) => semaphore.run(() => publishChannel(name, messages, end, context, batch))),
    );
    await markSettled(batch.settled, manager);
  });
  return batch;
}

/** What of a batch goes where. */
interface Sorted {
  channels: Map<string, Message[]>;
  /** With the names under which their rows wait. */
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
