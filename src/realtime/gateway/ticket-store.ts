import { randomBytes } from 'node:crypto';
import type { Principal } from '../connection/principal.js';

const TICKET_BYTES = 32;

/** How long a ticket lives. */
export const TICKET_SECONDS = 30;

/** Stores each ticket's principal, so that a ticket issued by one node opens one connection, on any node. */
export abstract class TicketStore {
  /**
   * Issues a ticket that opens one connection as this user: `?ticket=…`.
   * @throws {UnavailableError}
   */
  async issue(principal: Principal): Promise<string> {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    await this.put(ticket, principal);
    return ticket;
  }

  /**
   * @param ticket a secret that can't be guessed
   * @throws {UnavailableError}
   */
  abstract put(ticket: string, principal: Principal): Promise<void>;

  /**
   * Redeems a ticket: returns its principal, or null if it was never issued, has expired, or was redeemed before. Of
   * concurrent calls only one gets the principal.
   * @throws {UnavailableError}
   */
  abstract take(ticket: string): Promise<Principal | null>;
}
