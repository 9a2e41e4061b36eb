import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Principal } from '../connection/principal.js';
import { EXPIRY_SKEW_MS } from '../connection/session.js';
import { authenticate } from '../connection/token-verifier.js';
import { RealtimeSettings } from '../settings.js';
import { TicketStore } from './ticket-store.js';
import { CLOSE, ConnectionRefusedError } from '../connection/close-code.js';
import type { Handshake } from './handshake.js';

/** Admits clients with a valid token or ticket, and sets the handshake's principal. Must be a gateway's first guard. */
@Injectable()
export class WsJwtGuard implements CanActivate {
  constructor(
    private readonly settings: RealtimeSettings,
    private readonly tickets: TicketStore,
  ) {}

  /**
   * @throws {ConnectionRefusedError} 4001, or 1013 if the keys can't be fetched, which is not the client's fault
   * @throws {UnavailableError} if the ticket store is down
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handshake = context.switchToWs().getClient<Handshake>();
    const { credential } = handshake;
    if (credential === null) throw new ConnectionRefusedError(CLOSE.tokenMissing);
    const { kind, value } = credential;
    handshake.authenticate(kind === 'ticket' ? await this.redeem(value) : await this.verify(value));
    return true;
  }

  private async redeem(ticket: string | null): Promise<Principal> {
    const principal = ticket === null ? null : await this.tickets.take(ticket);
    if (principal === null) throw new ConnectionRefusedError(CLOSE.ticketInvalid);
    // A ticket is valid no longer than the token that it was issued for.
    const endsAt = principal.expiresAt.getTime() + EXPIRY_SKEW_MS;
    if (endsAt <= Date.now()) throw new ConnectionRefusedError(CLOSE.tokenExpired);
    return principal;
  }

  private async verify(token: string | null): Promise<Principal> {
    if (token === '') throw new ConnectionRefusedError(CLOSE.tokenMissing);
    if (token === null) throw new ConnectionRefusedError(CLOSE.tokenInvalid);
    return authenticate(this.settings.tokenVerifier, token);
  }
}
