import type { DataSource, EntityManager } from 'typeorm';
import type { Broker, Message } from '../broker/broker.js';
import { Topic } from '../broker/topic.js';
import { formatCursor } from '../broker/cursor.js';
import { type Claim, claim, type ClaimRequest } from './claim.js';
import type { Reopening } from './reopening.js';
import { Semaphore } from '../support/semaphore.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import type { OutboxRow, Signal } from './outbox-row.js';
import { readRow } from './read-row.js';
import { inSteps } from './steps.js';

/** How long a batch may publish: a slow broker must not keep its transaction and channel locks open. */
const BATCH_MS = 500;
/** Enough to keep a broker busy, while joins and tickets share the same Redis connection. */
const CHANNELS_AT_ONCE = 16;

/**
 * With the time when the transaction began: so what was published before a loss of the broker's data counts as published
 * before it, however late it is marked.
 */
const MARK_PUBLISHED = `
  UPDATE realtime_outbox SET published_at = now(), cursor = published.cursor
  FROM unnest($1::uuid[], $2::text[]) AS published (id, cursor) WHERE realtime_outbox.id = published.id`;

/** The outcome of a batch. */
export interface Batch {
  /** What was claimed, and what is left. */
  claimed: Omit<Claim, 'rows'>;
  /** How many messages it took. */
  count: number;
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
  /** Whether the broker is still the one whose losses are known. Otherwise new messages could come before lost ones. */
  isCurrent: () => boolean;
  /** Where to look for waiting messages. */
  request: ClaimRequest;
  /** Reopens what must be published before the waiting messages of channels; null if there is nothing. */
  reopening: Pick<Reopening, 'reopen' | 'channelsAtOnce'> | null;
}

const NOTHING = { channels: [], left: [], taken: [], isContended: false, isLong: false, after: '' };

/**
 * Publishes waiting messages of many channels, each channel's in order, and marks those that the broker has accepted. A
 * failing channel does not hold up the others. Alone, it costs four round trips: begin, claim, mark, commit.
 *
 * @throws what the database throws
 */
export async function publishBatch(context: BatchContext): Promise<Batch> {
  const batch: Batch = {
    claimed: NOTHING,
    count: 0,
    settled: new Map(),
    unreadable: new Map(),
    whole: new Set(),
    failures: new Map(),
  };
  await context.dataSource.transaction(async (manager) => {
    const { rows, ...claimed } = await take(context, manager);
    batch.claimed = claimed;
    batch.count = rows.length;
    const { channels, signals } = sort(rows, batch);
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

/** Claims waiting rows; what must come before them is reopened first, so that the claim finds it, too. */
async function take({ request, reopening }: BatchContext, manager: EntityManager): Promise<Claim> {
  if (reopening === null) return claim(request, manager);
  const locked = await claim(request, manager, true);
  const candidates = locked.channels.filter((channel) => channel !== Topic.nodes.name);
  const isFirst = (channel: string): boolean => request.first.includes(channel);
  const [firsts, rest] = [candidates.filter(isFirst), candidates.filter((channel) => !isFirst(channel))];
  // Half of the places are for other channels, if any wait.
  const most = reopening.channelsAtOnce;
  const kept = firsts.slice(0, Math.max(most - rest.length, Math.ceil(most / 2)));
  const others = rest.slice(0, most - kept.length);
  await reopening.reopen([...kept, ...others], manager);
  const { rows, left } = await claim({ ...request, first: [...kept, ...others], after: null }, manager);
  return {
    ...locked,
    rows,
    left: [...left, ...firsts.slice(kept.length)].filter(isFirst),
    isLong: !left.every(isFirst),
    after: others.length === rest.length ? locked.after : (others.at(-1) ?? request.after ?? ''),
  };
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

/** Never rejects. All at once: a slow broker must not delay the last of many. */
async function publishSignals(
  signals: Sorted['signals'],
  { broker, metrics }: BatchContext,
  { settled, whole, failures }: Batch,
): Promise<void> {
  await Promise.all(
    signals.map(async ([name, { id, payload }]) => {
      try {
        await metrics.publishing(1, 'signal', () => broker.signal(Topic.nodes, payload));
        settled.set(id, null);
        whole.add(name);
      } catch (error) {
        failures.set(name, error instanceof Error ? error : new Error(String(error)));
      }
    }),
  );
  for (const name of failures.keys()) whole.delete(name);
}

/** Never rejects. */
async function publishChannel(
  name: string,
  messages: readonly Message[],
  end: number,
  { broker, metrics, generation, isCurrent }: BatchContext,
  batch: Batch,
): Promise<void> {
  for (const some of inSteps(messages)) {
    if (performance.now() > end || !isCurrent()) return;
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
