import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../broker/json.js';

/** A notification that is to be kept for its user. */
export interface NewNotification {
  id: string;
  userId: string;
  /** With its `timestamp`, without its `id`. */
  content: JsonObject;
  /** Of all notifications of a user with the same key only the first is kept. */
  dedupeKey: string | null;
}

/** What has become of it. */
export type Stored =
  | { outcome: 'stored' }
  /** The user has one with this key. */
  | { outcome: 'repeated'; id: string; content: JsonObject }
  /** The user does not want notifications of this type. */
  | { outcome: 'muted' };

/** Where notifications are kept until their user has read them. The engine knows no more of it; a feature implements it. */
export abstract class Inbox {
  /** @param manager of the transaction that it becomes part of */
  abstract store(notification: NewNotification, manager: EntityManager): Promise<Stored>;

  /** Whether the user does not want to see notifications of this type. */
  abstract isMuted(userId: string, type: string): Promise<boolean>;
}
