import type { Principal } from '../connection/principal.js';
import { ExpiringMap } from '../support/expiring-map.js';
import { TICKET_SECONDS, TicketStore } from './ticket-store.js';

/** The tickets of a single process. */
export class MemoryTicketStore extends TicketStore {
  private readonly principals = new ExpiringMap<Principal>(TICKET_SECONDS * 1_000);

  override put(ticket: string, principal: Principal): Promise<void> {
    this.principals.set(ticket, principal);
    return Promise.resolve();
  }

  override take(ticket: string): Promise<Principal | null> {
    const principal = this.principals.get(ticket) ?? null;
    this.principals.delete(ticket);
    return Promise.resolve(principal);
  }
}
