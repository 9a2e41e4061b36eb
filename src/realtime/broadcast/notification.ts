import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';
import type { Notifications } from './catalogue.js';
import { expectSize, toJsonObject } from './payload.js';

const TITLE_LENGTH = 200;
const BODY_LENGTH = 4_000;
const TYPE_LENGTH = 100;
const TIMESTAMP_LENGTH = 100;
/** What the id of a stored one adds to its JSON. */
const ID_BYTES = ',"id":"01997a6e-7e3f-7000-8000-000000000001"'.length;

/** A notification as its sender writes it. A missing `timestamp` is added; extra fields are passed through. */
export type NotificationMessage<T extends string = string> = {
  title: string;
  body?: string;
  type?: T;
  timestamp?: string;
} & (T extends keyof Notifications ? Notifications[T] : Record<string, unknown>);

/**
 * Checks a notification and gives it a `timestamp` if it has none.
 * @throws {InvalidBroadcastError} naming the field
 */
export function readNotification(value: unknown): JsonObject {
  const notification = toJsonObject(value, 'notification');
  expectText(notification, 'title', 1, TITLE_LENGTH);
  if ('body' in notification) expectText(notification, 'body', 0, BODY_LENGTH);
  if ('type' in notification) expectText(notification, 'type', 1, TYPE_LENGTH);
  if ('action_url' in notification) expectText(notification, 'action_url', 1, BODY_LENGTH);
  if ('timestamp' in notification) expectText(notification, 'timestamp', 1, TIMESTAMP_LENGTH);
  return { ...notification, timestamp: notification.timestamp ?? new Date().toISOString() };
}

/**
 * Makes the frames of a stored notification, by its id for each user.
 * @param content without an id
 * @throws {InvalidBroadcastError} if it is too large
 */
export function notificationFrames(content: JsonObject): (id: string) => string {
  const text = JSON.stringify(content);
  expectSize(Buffer.byteLength(text) + ID_BYTES, 'notification');
  // It is never empty, as it has a title.
  return (id) => `{"type":"notification","notification":${text.slice(0, -1)},"id":"${id}"}}`;
}

/** Lengths count code points, as Postgres and people do. */
function expectText(notification: JsonObject, field: string, min: number, max: number): void {
  const value = notification[field];
  const length = typeof value === 'string' ? Array.from(value).length : -1;
  if (length < min || length > max) {
    throw new InvalidBroadcastError(`notification.${field}`, `takes a text of ${min} to ${max} characters`);
  }
}
