import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject, JsonValue } from '../broker/json.js';

/** The largest payload of a message, as bytes of its JSON. Larger things belong behind an id or a URL. */
export const MAX_PAYLOAD_BYTES = 65_536;
const MAX_DEPTH = 32;

/**
 * Copies a value into plain JSON, once, so that the sender's later changes and getters have no effect on what is sent.
 * `JSON.stringify` would drop or bend what it can't express; here that is an error that names the place. Only half of a
 * character, such as is left where a text was cut, becomes U+FFFD: many clients' parsers would refuse the whole frame for it.
 *
 * @param value a plain object; valid dates become ISO 8601 text
 * @param path how the value is called in errors
 * @throws {InvalidBroadcastError}
 */
export function toJsonObject(value: unknown, path: string): JsonObject {
  if (!isPlainObject(value)) throw new InvalidBroadcastError(path, `takes a plain object, got ${nameOf(value)}`);
  return new JsonCopy().ofObject(value, path, 1);
}

/**
 * @param frame of plain JSON
 * @param field the one of the frame that is the sender's payload, and how it is called in errors
 * @throws {InvalidBroadcastError} if the payload's JSON is too large
 */
export function serialize(frame: JsonObject, field: string): string {
  const text = JSON.stringify(frame);
  const around = Buffer.byteLength(JSON.stringify({ ...frame, [field]: '' })) - '""'.length;
  const bytes = Buffer.byteLength(text) - around;
  if (bytes <= MAX_PAYLOAD_BYTES) return text;
  throw new InvalidBroadcastError(
    field,
    `takes up to ${MAX_PAYLOAD_BYTES} bytes as JSON, got ${bytes}: send an id or a URL`,
  );
}

/** One copy. It counts its values, so that an object that holds itself many times ends it early, too. */
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
      throw new InvalidBroadcastError(path, `takes up to ${MAX_DEPTH} levels (does it hold itself?)`);
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

/** Objects need not have a constructor, nor does it need to be one. */
function classNameOf({ constructor }: { constructor?: unknown }): string {
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'an unnamed class';
}

function hintFor(value: unknown): string {
  if (typeof value === 'bigint') return ': send its digits as a text';
  return value === undefined ? ': leave the field out, or use null' : '';
}
