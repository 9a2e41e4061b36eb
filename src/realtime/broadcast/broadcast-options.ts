import type { DataClass } from './data-classes.js';
import type { NotificationMessage } from './notification.js';
import type { BroadcastOptions } from './publisher.js';

export interface NotificationOptions extends BroadcastOptions {
  /** Sent only to users who are connected, and not stored in the inbox. */
  ephemeral?: boolean;
  /** Written by another service: the fields of a catalogue type are then not checked. */
  foreign?: boolean;
}

/** With `manager`, the revocation takes effect if and only if that transaction commits. */
export type RevokeOptions = Pick<BroadcastOptions, 'manager'>;

/** One of many notifications. */
export interface UserNotification {
  userId: string;
  notification: NotificationMessage;
  idempotencyKey?: string | undefined;
}

/** One of many events. */
export interface OrgEvent {
  eventType: string;
  data: object;
}

/** Options for many notifications. */
export type NotificationsOptions = Pick<NotificationOptions, 'manager' | 'ephemeral' | 'foreign'>;

/** The event types of a kind of channels; any text if it declares none. */
export type TypeIn<Events> = [keyof Events] extends [never] ? string : keyof Events & string;
export type DataIn<Events, T> = T extends keyof Events ? (Events[T] extends DataClass<infer D> ? D : object) : object;
