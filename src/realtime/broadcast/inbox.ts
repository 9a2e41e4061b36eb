import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../broker/json.js';

/** A notification to be stored for its user. */
export interface NewNotification {
  id: string;
  userId: string;
  /** With its `timestamp`, without its `id`. */
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
  /** @param manager the transaction to store it in */
  abstract store(notification: NewNotification, manager: EntityManager): Promise<Stored>;

  /** Whether the user has muted this type. */
  abstract isMuted(userId: string, type: string): Promise<boolean>;
}
