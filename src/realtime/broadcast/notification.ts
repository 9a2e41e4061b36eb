import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';
import { toJsonObject } from './payload.js';

const TITLE_LENGTH = 200;
const BODY_LENGTH = 4_000;
const TYPE_LENGTH = 100;
const TIMESTAMP_LENGTH = 100;

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

/** Lengths count code points, as Postgres and people do. */
function expectText(notification: JsonObject, field: string, min: number, max: number): void {
  const value = notification[field];
  const length = typeof value === 'string' ? Array.from(value).length : -1;
  if (length < min || length > max) {
    throw new InvalidBroadcastError(`notification.${field}`, `takes a text of ${min} to ${max} characters`);
  }
}
