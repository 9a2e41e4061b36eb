import type { InboxFrame, Notification } from '../frames.js';

/** A notification in the inbox. */
export type NotificationItem = Notification & { id: string; read_at: string | null };

/** A change to the items of an inbox. Idempotent. */
export type InboxChange =
  | { kind: 'arrived'; item: NotificationItem }
  | { kind: 'read'; ids: readonly string[]; at: string }
  /** Up to one item, or all. */
  | { kind: 'read_all'; upTo: string | null; at: string }
  | { kind: 'unread'; ids: readonly string[] }
  | { kind: 'deleted'; ids: readonly string[] };

type Items = readonly NotificationItem[];

/** Keeps items newest first: ids grow with time, and the server orders by them too. */
export function applyChange(items: Items, change: InboxChange): Items {
  switch (change.kind) {
    case 'arrived':
      return withItems(items, [change.item]);
    case 'deleted':
      return items.filter(({ id }) => !change.ids.includes(id));
    case 'unread':
      return items.map((item) => (change.ids.includes(item.id) ? { ...item, read_at: null } : item));
    default:
      return items.map((item) => (isReadBy(item, change) ? { ...item, read_at: change.at } : item));
  }
}

/** Items that are already there stay as they are. */
export function withItems(items: Items, more: Items): Items {
  const known = new Set(items.map(({ id }) => id));
  const fresh = more.filter(({ id }) => !known.has(id));
  return fresh.length === 0 ? items : [...items, ...fresh].sort((one, other) => (one.id < other.id ? 1 : -1));
}

export function changeOf({ action, ids, up_to }: InboxFrame, at: string): InboxChange {
  if (action === 'deleted') return { kind: 'deleted', ids };
  return action === 'read' ? { kind: 'read', ids, at } : { kind: 'read_all', upTo: up_to ?? null, at };
}

/** Whether a change from the server includes an unconfirmed local one. */
export function confirms(told: InboxChange, done: InboxChange): boolean {
  if (done.kind === 'read_all') return told.kind === 'read_all' && isUpTo(done.upTo, told.upTo);
  if (done.kind !== 'read' && done.kind !== 'deleted') return false;
  if (told.kind === 'read_all') return done.kind === 'read' && done.ids.every((id) => isUpTo(id, told.upTo));
  return told.kind === done.kind && done.ids.every((id) => told.ids.includes(id));
}

function isReadBy(item: NotificationItem, change: Extract<InboxChange, { at: string }>): boolean {
  if (item.read_at !== null) return false;
  return change.kind === 'read' ? change.ids.includes(item.id) : isUpTo(item.id, change.upTo);
}

function isUpTo(id: string | null, upTo: string | null): boolean {
  return upTo === null || (id !== null && id <= upTo);
}
