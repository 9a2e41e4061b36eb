import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject, JsonValue } from '../broker/json.js';

/** The largest payload of a message, in bytes of its JSON. Send an id or a URL for anything larger. */
export const MAX_PAYLOAD_BYTES = 65_536;
const MAX_DEPTH = 32;

/**
 * Copies a value into plain JSON, so that later changes by the sender don't affect what is sent. `JSON.stringify` would
 * silently drop or change what JSON can't express; here it is an error that names the place. Only an unpaired
 * surrogate, as left by truncating a text, becomes U+FFFD: many clients' parsers would reject the whole message because
 * of it.
 *
 * @param value a plain object; valid dates become ISO 8601 text
 * @param path the value's name in errors
 * @throws {InvalidBroadcastError}
 */
export function toJsonObject(value: unknown, path: string): JsonObject {
  if (!isPlainObject(value)) throw new InvalidBroadcastError(path, `takes a plain object, got ${nameOf(value)}`);
  return new JsonCopy().ofObject(value, path, 1);
}

/**
 * @param message of plain JSON
 * @param field the field that holds the sender's payload, and its name in errors
 * @throws {InvalidBroadcastError} if the payload's JSON is too large
 */
export function serialize(message: JsonObject, field: string): string {
  const text = JSON.stringify(message);
  const around = Buffer.byteLength(JSON.stringify({ ...message, [field]: '' })) - '""'.length;
  expectSize(Buffer.byteLength(text) - around, field);
  return text;
}

/** @throws {InvalidBroadcastError} if so many bytes of JSON are too large a payload */
export function expectSize(bytes: number, field: string): void {
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new InvalidBroadcastError(
    field,
    `takes up to ${MAX_PAYLOAD_BYTES} bytes as JSON, got ${bytes}: send an id or a URL`,
  );
}

/** One copy. It counts the values, so that an object that contains itself many times is refused early. */
class JsonCopy {
  private count = 0;

  ofObject(value: object, path: string, depth: number): JsonObject {
    const [symbol] = Object.getOwnPropertySymbols(value);
    if (symbol !== undefined) throw new InvalidBroadcastError(path, `takes fields with names, got ${String(symbol)}`);
    const entries = Object.entries(value).map(([field, item]): [string, JsonValue] => [
      field.toWellFormed(),
      this.of(item, `${path}.${field}`, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }

  private of(value: unknown, path: string, depth: number): JsonValue {
    this.count += 1;
    if (this.count > MAX_PAYLOAD_BYTES)
      throw new InvalidBroadcastError(path, `takes up to ${MAX_PAYLOAD_BYTES} bytes as JSON`);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
    if (depth > MAX_DEPTH)
      throw new InvalidBroadcastError(path, `takes up to ${MAX_DEPTH} levels (does it contain itself?)`);
    if (Array.isArray(value)) return Array.from(value, (item, index) => this.of(item, `${path}[${index}]`, depth + 1));
    if (isPlainObject(value)) return this.ofObject(value, path, depth);
    throw new InvalidBroadcastError(path, `takes JSON, got ${nameOf(value)}${hintFor(value)}`);
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (value instanceof Date) return 'an invalid Date';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return `an instance of ${classNameOf(value)}`;
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

/** An object may have no `constructor`, or one that is not a function. */
function classNameOf({ constructor }: { constructor?: unknown }): string {
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'an unnamed class';
}

function hintFor(value: unknown): string {
  if (typeof value === 'bigint') return ': send its digits as a string';
  return value === undefined ? ': leave the field out, or use null' : '';
}
