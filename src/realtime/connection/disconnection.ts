import type { Publication } from '../broker/broker.js';
import { madeAt } from '../broker/message-id.js';
import { CLOSE } from './close-code.js';
import type { Connection } from './connection.js';
import type { ConnectionIndex } from './connection-index.js';

/** How far the clocks of two machines may be apart. */
const CLOCK_SKEW_MS = 5_000;

/** Whom a disconnection ends: all connections of a user, or one connection. Written by `BroadcastService`. */
export type Disconnection = { user_id: string } | { connection_id: string };

/**
 * Closes the connections that a publication names. One that began after the message was made stays: a message can be
 * published again long afterwards, when the broker has lost it.
 */
export function disconnect({ id, payload }: Publication, index: ConnectionIndex): void {
  const latest = madeAt(id) + CLOCK_SKEW_MS;
  for (const connection of named(payload, index)) {
    if (connection.connectedAt.getTime() <= latest) connection.close(CLOSE.disconnected);
  }
}

/** Nobody's, if another program has slipped something into our channel. */
function named(payload: Buffer, index: ConnectionIndex): Connection[] {
  try {
    const { user_id: userId, connection_id: connectionId } = JSON.parse(payload.toString()) as Record<string, unknown>;
    if (typeof userId === 'string') return index.ofUser(userId);
    const connection = typeof connectionId === 'string' ? index.find(connectionId) : undefined;
    return connection === undefined ? [] : [connection];
  } catch {
    return [];
  }
}
