import { formatCursor, type Position } from './cursor.js';

/**
 * Adds a position to the JSON text of an object, as its last field. This is the only place where JSON text is taken apart;
 * `PUBLISH_SCRIPT` does the same in Redis.
 * @param body with at least one field
 */
export function withCursor(body: string, position: Position): string {
  return `${body.slice(0, -1)},"cursor":"${formatCursor(position)}"}`;
}
