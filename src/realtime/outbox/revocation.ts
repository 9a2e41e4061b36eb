import type { Close } from '../connection/close-code.js';

/** Which connections to close, and how. Null matches any. */
export interface RevocationTarget {
  /** `Channel.name` */
  channel: string | null;
  userId: string | null;
  connectionId: string | null;
  close: Close;
}

export interface Revocation extends RevocationTarget {
  /** The id of its row. */
  id: string;
  /** When it was requested: milliseconds, by the database's clock. */
  at: number;
}

/** The body of a revocation's row. */
export function revocationBody({ channel, userId, connectionId, close }: RevocationTarget): string {
  return JSON.stringify({ channel, user_id: userId, connection_id: connectionId, close });
}

/** Null if it is invalid: another program may have written to the topic. */
export function readRevocation(payload: string): Revocation | null {
  const {
    id,
    at,
    channel = null,
    user_id: userId = null,
    connection_id: connectionId = null,
    close,
  } = fieldsOf(payload);
  if (typeof id !== 'string' || typeof at !== 'number' || !isClose(close)) return null;
  if (!isText(channel) || !isText(userId) || !isText(connectionId)) return null;
  if (channel === null && userId === null && connectionId === null) return null;
  return { id, at, channel, userId, connectionId, close };
}

function fieldsOf(payload: string): Record<string, unknown> {
  try {
    return JSON.parse(payload) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isClose(value: unknown): value is Close {
  const { code, reason } = (value ?? {}) as Partial<Record<keyof Close, unknown>>;
  return typeof code === 'number' && typeof reason === 'string';
}
