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

/** A notification that was checked, ready to be stored for many users, or only sent. */
export class PreparedNotification {
  /** As its sender wrote it, with a `timestamp`. */
  readonly shown: JsonObject;
  /** Without an id of the sender's: the inbox gives its own. */
  readonly stored: JsonObject;
  private readonly text: string;
  private frame: string | null = null;

  /** @throws {InvalidBroadcastError} naming the field */
  constructor(value: unknown) {
    this.shown = readNotification(value);
    this.stored = { ...this.shown };
    delete this.stored.id;
    this.text = JSON.stringify(this.stored);
    const shownBytes = 'id' in this.shown ? Buffer.byteLength(JSON.stringify(this.shown)) : 0;
    expectSize(Math.max(Buffer.byteLength(this.text) + ID_BYTES, shownBytes), 'notification');
  }

  /** About how many characters a frame has. */
  get size(): number {
    return this.text.length;
  }

  /** The frame of one that is not stored. */
  get shownFrame(): string {
    return (this.frame ??= JSON.stringify({ type: 'notification', notification: this.shown }));
  }

  /** The frame of one that is stored under this id. */
  frameOf(id: string): string {
    // It is never empty, as it has a title.
    return `{"type":"notification","notification":${this.text.slice(0, -1)},"id":"${id}"}}`;
  }
}

/** Lengths count code points, as Postgres and people do. */
function expectText(notification: JsonObject, field: string, min: number, max: number): void {
  const value = notification[field];
  const length = typeof value === 'string' ? Array.from(value).length : -1;
  if (length < min || length > max) {
    throw new InvalidBroadcastError(`notification.${field}`, `takes a text of ${min} to ${max} characters`);
  }
}
