import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Channel } from '../broker/channel.js';
import type { JsonObject } from '../broker/json.js';
import type { Inbox, NewNotification, Stored } from './inbox.js';
import type { PreparedNotification } from './notification.js';
import type { BroadcastOptions, Outgoing, Publisher } from './publisher.js';

/** About how many notifications, and how many characters of them, are stored in one statement. */
const [PART, PART_CHARACTERS] = [1_000, 4_194_304];

/** A notification for the user of a channel. */
export interface Addressed {
  channel: Channel;
  /** The same object for all who get the same. */
  prepared: PreparedNotification;
  idempotencyKey: string | null;
}

/** `stored`: new in the inbox; `repeated`: already in it; `muted`: dropped; `ephemeral`: sent without being stored. */
export type Outcome = Stored['outcome'] | 'ephemeral';

export interface NotificationReceipt {
  outcome: Outcome;
  /** As stored or sent. */
  notification: JsonObject;
}

/** A data source, as far as broadcasts need it. */
export interface Transactions {
  transaction<T>(run: (manager: EntityManager) => Promise<T>): Promise<T>;
}

/** A notification to be stored, and then what became of it. */
interface Item extends Addressed {
  id: string;
  stored: Stored | null;
}

/** Stores and sends notifications, many in a few statements. */
export class Notifier {
  constructor(
    private readonly publisher: Pick<Publisher, 'publishAll'>,
    private readonly dataSource: Transactions,
    private readonly inbox: Inbox | null,
  ) {}

  /**
   * Stores and sends one, in the caller's transaction, if `manager` is given.
   * @param isEphemeral sends it only, as without an inbox
   * @throws {UnavailableError} if it is only sent, without `manager`, and the broker is down
   */
  async notify(
    addressed: Addressed,
    isEphemeral: boolean,
    { manager }: Pick<BroadcastOptions, 'manager'>,
  ): Promise<NotificationReceipt> {
    const { inbox } = this;
    const { shown, stored } = addressed.prepared;
    if (inbox === null || isEphemeral) {
      const [outcome = 'ephemeral'] = await this.show([addressed], manager);
      return { outcome, notification: shown };
    }
    const item = itemOf(addressed);
    return this.within(manager, async (own) => {
      await this.keep([item], inbox, own);
      if (item.stored?.outcome !== 'repeated') {
        return { outcome: item.stored?.outcome ?? 'muted', notification: { ...stored, id: item.id } };
      }
      const { outcome, id } = item.stored;
      return { outcome, notification: { ...((await inbox.find(id, own)) ?? stored), id } };
    });
  }

  /**
   * Stores and sends many: all or none of them, in the caller's transaction, if `manager` is given. Those that are only sent
   * without `manager` are not all sent if one fails.
   * @param isEphemeral sends them only, as without an inbox
   * @returns what became of how many
   * @throws {UnavailableError} if they are only sent, without `manager`, and the broker is down
   */
  async notifyAll(
    all: readonly Addressed[],
    isEphemeral: boolean,
    { manager }: Pick<BroadcastOptions, 'manager'>,
  ): Promise<Record<Outcome, number>> {
    const { inbox } = this;
    if (inbox === null || isEphemeral) return counted(await this.show(all, manager));
    const items = all.map(itemOf);
    await this.within(manager, (own) => this.keep(items, inbox, own));
    return counted(items.map(({ stored }) => stored?.outcome ?? 'muted'));
  }

  private within<T>(manager: EntityManager | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return manager === undefined ? this.dataSource.transaction(work) : work(manager);
  }

  /** Sets what became of each. */
  private async keep(items: readonly Item[], inbox: Inbox, manager: EntityManager): Promise<void> {
    for (const part of inParts(items)) {
      const stored = await inbox.store(part.map(forInbox), manager);
      if (stored.length !== part.length) {
        throw new Error(`The inbox returned ${stored.length} outcomes for ${part.length} notifications`);
      }
      for (const [n, item] of part.entries()) item.stored = stored[n] ?? null;
      const fresh = part.filter((item) => item.stored?.outcome === 'stored');
      // Ids are in the order in which the notifications were given.
      const inOrder = fresh.sort((a, b) => (a.id < b.id ? -1 : 1));
      const outgoing = inOrder.map(({ channel, id, prepared }): Outgoing => ({ channel, body: prepared.frameOf(id) }));
      await this.publisher.publishAll(outgoing, { manager });
    }
  }

  private async show(all: readonly Addressed[], manager: EntityManager | undefined): Promise<Outcome[]> {
    const muted = await this.mutedAmong(all, manager);
    const outgoing = all
      .filter((each) => !muted.has(each))
      .map(({ channel, prepared, idempotencyKey }) => ({ channel, body: prepared.shownFrame, idempotencyKey }));
    await this.publisher.publishAll(outgoing, manager === undefined ? {} : { manager });
    return all.map((each) => (muted.has(each) ? 'muted' : 'ephemeral'));
  }

  private async mutedAmong(all: readonly Addressed[], manager: EntityManager | undefined): Promise<Set<Addressed>> {
    const typed = all.flatMap((own) => {
      const { type } = own.prepared.shown;
      return typeof type === 'string' ? [{ own, userId: own.channel.id, type }] : [];
    });
    if (this.inbox === null || typed.length === 0) return new Set();
    const areMuted = await this.inbox.areMuted(typed, manager);
    return new Set(typed.flatMap(({ own }, n) => (areMuted[n] === true ? [own] : [])));
  }
}

function itemOf(addressed: Addressed): Item {
  return { ...addressed, id: uuidv7(), stored: null };
}

/** Sorted by user and key, so that concurrent calls take their locks in the same order. A user's are in one part. */
function inParts(items: readonly Item[]): Item[][] {
  const sorted = items.toSorted(
    (a, b) => compare(a.channel.id, b.channel.id) || compare(a.idempotencyKey ?? '', b.idempotencyKey ?? ''),
  );
  const parts: Item[][] = [];
  let characters = 0;
  for (const item of sorted) {
    const part = parts.at(-1);
    characters += item.prepared.size;
    const isFull = part === undefined || part.length >= PART || characters > PART_CHARACTERS;
    if (part === undefined || (isFull && part.at(-1)?.channel.id !== item.channel.id)) {
      parts.push([item]);
      characters = item.prepared.size;
    } else {
      part.push(item);
    }
  }
  return parts;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function forInbox({ id, channel, prepared, idempotencyKey: dedupeKey }: Item): NewNotification {
  return { id, userId: channel.id, content: prepared.stored, dedupeKey };
}

function counted(outcomes: readonly Outcome[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { stored: 0, repeated: 0, muted: 0, ephemeral: 0 };
  for (const outcome of outcomes) counts[outcome] += 1;
  return counts;
}
