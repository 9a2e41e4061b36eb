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
  | { outcome: 'repeated'; id: string }
  /** The user has muted this type. */
  | { outcome: 'muted' };

/** A user, and the type of a notification for the user. */
export interface UserType {
  userId: string;
  type: string;
}

/** Stores notifications for their users. The application implements it. */
export abstract class Inbox {
  /**
   * @param notifications about a thousand at most; those of concurrent calls come in the same order, by user and key, so
   *   that they don't wait for each other
   * @param manager the transaction to store them in
   * @returns the outcome of each, in the given order
   */
  abstract store(notifications: readonly NewNotification[], manager: EntityManager): Promise<Stored[]>;

  /** The content of a stored notification, without its id; null if it has been deleted. */
  abstract find(id: string, manager: EntityManager): Promise<JsonObject | null>;

  /**
   * Whether each user has muted the type, in the given order.
   * @param manager the caller's transaction, if there is one
   */
  abstract areMuted(asked: readonly UserType[], manager?: EntityManager): Promise<boolean[]>;
}
