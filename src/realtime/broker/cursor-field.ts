import { formatCursor, type Position } from './cursor.js';

/**
 * Appends a position to the JSON text of an object, as its last field. Only this file edits JSON as text;
 * `PUBLISH_SCRIPT` does the same in Redis.
 * @param body with at least one field
 */
export function withCursor(body: string, position: Position): string {
  return `${body.slice(0, -1)},"cursor":"${formatCursor(position)}"}`;
}

/** The cursor that `withCursor` appended; null if there is none. */
export function cursorOf(message: string): string | null {
  return /,"cursor":"([^"\\]*)"\}$/.exec(message)?.[1] ?? null;
}

/** The message without the cursor that `withCursor` appended. */
export function withoutCursor(message: string): string {
  return `${message.slice(0, message.lastIndexOf(',"cursor":"'))}}`;
}
