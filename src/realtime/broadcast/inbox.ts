import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../broker/json.js';

/** A notification to be stored for its user. */
export interface NewNotification {
  id: string;
  userId: string;
  /** With its `timestamp`, without its `id`. The same object for all users who get the same. */
  content: JsonObject;
  /** Of a user's notifications with the same key, only the first is stored. */
  dedupeKey: string | null;
}

/** The outcome of storing a notification. */
export type Stored =
  | { outcome: 'stored' }
  /** The user already has one with this key. */
  | { outcome: 'repeated'; id: string; content: JsonObject }
  /** The user has muted this type. */
  | { outcome: 'muted' };

/** Stores notifications for their users. The application implements it. */
export abstract class Inbox {
  /**
   * @param notifications up to a thousand
   * @param manager the transaction to store them in
   * @returns the outcome of each, in the given order
   */
  abstract store(notifications: readonly NewNotification[], manager: EntityManager): Promise<Stored[]>;

  /** Which of these users have muted this type. */
  abstract mutedBy(userIds: readonly string[], type: string): Promise<ReadonlySet<string>>;
}
