import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Channel } from '../broker/channel.js';
import type { JsonObject } from '../broker/json.js';
import type { Inbox, NewNotification, Stored } from './inbox.js';
import { notificationFrames } from './notification.js';
import { serialize } from './payload.js';
import type { BroadcastOptions, Outgoing, Publisher } from './publisher.js';

/** How many notifications, and how many characters of them, are stored in one statement. */
const [PART, PART_CHARACTERS] = [1_000, 4_194_304];

/** A notification for the user of a channel. */
export interface Addressed {
  channel: Channel;
  /** With its `timestamp`; the same object for all who get the same. */
  content: JsonObject;
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

/** A notification to be stored. */
interface Item {
  id: string;
  channel: Channel;
  /** Without an id. */
  content: JsonObject;
  dedupeKey: string | null;
  frameOf: (id: string) => string;
  /** About how many characters it has. */
  size: number;
}

/** Stores and sends notifications, many in a few statements. */
export class Notifier {
  constructor(
    private readonly publisher: Pick<Publisher, 'publishAll'>,
    private readonly dataSource: Transactions,
    private readonly inbox: Inbox | null,
  ) {}

  /**
   * All or none of them, in one transaction: the caller's, if `manager` is given.
   * @param isEphemeral sends them only, as without an inbox
   * @returns a receipt for each
   * @throws {InvalidBroadcastError} if one is too large
   * @throws {UnavailableError} if they are only sent, without `manager`, and the broker is down
   */
  async notify(
    all: readonly Addressed[],
    isEphemeral: boolean,
    { manager }: Pick<BroadcastOptions, 'manager'>,
  ): Promise<NotificationReceipt[]> {
    const { inbox } = this;
    if (inbox === null || isEphemeral) return this.show(all, manager);
    const items = itemsOf(all);
    const keep = (own: EntityManager): Promise<NotificationReceipt[]> => this.keep(items, inbox, own);
    return manager === undefined ? this.dataSource.transaction(keep) : keep(manager);
  }

  private async keep(items: readonly Item[], inbox: Inbox, manager: EntityManager): Promise<NotificationReceipt[]> {
    const receipts = new Map<Item, NotificationReceipt>();
    for (const part of inParts(items)) {
      const stored = await inbox.store(part.map(forInbox), manager);
      const outgoing: Outgoing[] = [];
      for (const [n, item] of part.entries()) {
        const outcome = stored[n];
        if (outcome === undefined) throw new Error(`The inbox returned ${stored.length} outcomes for ${part.length}`);
        receipts.set(item, receiptOf(item, outcome));
        if (outcome.outcome === 'stored') outgoing.push({ channel: item.channel, body: item.frameOf(item.id) });
      }
      await this.publisher.publishAll(outgoing, { manager });
    }
    return items.flatMap((item) => receipts.get(item) ?? []);
  }

  private async show(all: readonly Addressed[], manager: EntityManager | undefined): Promise<NotificationReceipt[]> {
    const muted = await this.mutedAmong(all);
    const outgoing = all
      .filter((each) => !muted.has(each))
      .map(({ channel, content, idempotencyKey }) => ({ channel, body: showing(content), idempotencyKey }));
    await this.publisher.publishAll(outgoing, manager === undefined ? {} : { manager });
    return all.map((each) => ({ outcome: muted.has(each) ? 'muted' : 'ephemeral', notification: each.content }));
  }

  private async mutedAmong(all: readonly Addressed[]): Promise<Set<Addressed>> {
    const muted = new Set<Addressed>();
    if (this.inbox === null) return muted;
    const types = new Set(all.map(({ content: { type } }) => type));
    for (const type of types) {
      if (typeof type !== 'string') continue;
      const asked = all.filter(({ content }) => content.type === type);
      const userIds = await this.inbox.mutedBy(
        asked.map(({ channel }) => channel.id),
        type,
      );
      for (const each of asked) if (userIds.has(each.channel.id)) muted.add(each);
    }
    return muted;
  }
}

function showing(notification: JsonObject): string {
  return serialize({ type: 'notification', notification }, 'notification');
}

function itemsOf(all: readonly Addressed[]): Item[] {
  const known = new Map<JsonObject, Pick<Item, 'content' | 'frameOf' | 'size'>>();
  return all.map(({ channel, content: given, idempotencyKey: dedupeKey }) => {
    const same = known.get(given) ?? stored(given);
    known.set(given, same);
    return { ...same, channel, dedupeKey, id: uuidv7() };
  });
}

/** A sender's id is left out: the inbox has its own. */
function stored(given: JsonObject): Pick<Item, 'content' | 'frameOf' | 'size'> {
  const content = { ...given };
  delete content.id;
  const frameOf = notificationFrames(content);
  return { content, frameOf, size: frameOf('').length };
}

/** In the order of their users: so, of two calls for the same users, one waits for the other, and neither for ever. */
function inParts(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  let characters = 0;
  for (const item of items.toSorted((a, b) =>
    a.channel.id < b.channel.id ? -1 : Number(a.channel.id > b.channel.id),
  )) {
    const part = parts.at(-1);
    characters += item.size;
    if (part !== undefined && part.length < PART && characters <= PART_CHARACTERS) {
      part.push(item);
    } else {
      parts.push([item]);
      characters = item.size;
    }
  }
  return parts;
}

function forInbox({ id, channel, content, dedupeKey }: Item): NewNotification {
  return { id, userId: channel.id, content, dedupeKey };
}

function receiptOf({ id, content }: Item, stored: Stored): NotificationReceipt {
  const { outcome } = stored;
  if (outcome === 'repeated') return { outcome, notification: { ...stored.content, id: stored.id } };
  return { outcome, notification: { ...content, id } };
}
