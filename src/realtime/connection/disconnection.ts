import { IDEMPOTENCY_SECONDS } from '../broker/broker.js';
import { ExpiringMap } from '../broker/expiring-map.js';
import { madeAt } from '../broker/message-id.js';
import { CLOSE } from './close-code.js';
import type { Connection } from './connection.js';
import type { ConnectionIndex } from './connection-index.js';

/** How far the clocks of two machines may be apart. */
const CLOCK_SKEW_MS = 5_000;

/** Whom a disconnection ends: all connections of a user, or one connection. Written by `BroadcastService`. */
export type Disconnection = { user_id: string } | { connection_id: string };

/** The message that asks for a disconnection. */
export interface DisconnectionMessage {
  id: string;
  /** The JSON of a `Disconnection`. */
  payload: Buffer | string;
}

/**
 * Closes the connections of this process that disconnections name. One that began after the message was made stays: the message
 * can come again long afterwards, when the broker has lost it.
 */
export class Disconnections {
  private readonly heeded = new ExpiringMap<true>(IDEMPOTENCY_SECONDS * 1_000);

  constructor(private readonly index: ConnectionIndex) {}

  /** For a message that the broker has brought. */
  heed(message: DisconnectionMessage): void {
    if (this.heeded.get(message.id) === true) return;
    this.heeded.set(message.id, true);
    this.close(message, CLOCK_SKEW_MS);
  }

  /**
   * For a message that was found in the outbox; does nothing if the broker has brought it. Clocks get no allowance here: a
   * process that had no connections did not listen, and would send away who came to it right after the message.
   */
  makeUpFor(message: DisconnectionMessage): void {
    if (this.heeded.get(message.id) !== true) this.close(message, 0);
  }

  private close({ id, payload }: DisconnectionMessage, allowanceMs: number): void {
    const latest = madeAt(id) + allowanceMs;
    for (const connection of this.named(payload)) {
      if (connection.connectedAt.getTime() <= latest) connection.close(CLOSE.disconnected);
    }
  }

  /** Nobody's, if another program has slipped something into our channel. */
  private named(payload: Buffer | string): Connection[] {
    try {
      const named = JSON.parse(payload.toString()) as Record<string, unknown>;
      const { user_id: userId, connection_id: connectionId } = named;
      if (typeof userId === 'string') return this.index.ofUser(userId);
      const connection = typeof connectionId === 'string' ? this.index.find(connectionId) : undefined;
      return connection === undefined ? [] : [connection];
    } catch {
      return [];
    }
  }
}
