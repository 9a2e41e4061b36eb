import type { Principal } from '../../auth/principal.js';

/** How long a ticket lives. */
export const TICKET_SECONDS = 30;

/** Keeps what tickets stand for, so that a ticket bought on one node opens a connection on any, once. */
export abstract class TicketStore {
  /**
   * @param ticket a secret that can't be guessed
   * @throws {UnavailableError}
   */
  abstract put(ticket: string, principal: Principal): Promise<void>;

  /**
   * Whom a ticket was given to; null if it was never given out, is too old, or was taken before. Of several who ask at once
   * one gets it.
   * @throws {UnavailableError}
   */
  abstract take(ticket: string): Promise<Principal | null>;
}
