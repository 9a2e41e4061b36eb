import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { CLOCK_SKEW_SECONDS, TokenVerifier } from '../../auth/token-verifier.js';
import { TicketStore } from './ticket-store.js';
import { CLOSE, ConnectionRefusedError } from '../connection/close-code.js';
import type { Handshake } from './handshake.js';
import { closeForToken } from '../connection/token-close.js';

/** Admits clients with a valid token or ticket, and sets the handshake's principal. Must be a gateway's first guard. */
@Injectable()
export class WsJwtGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
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
    const endsAt = principal.expiresAt.getTime() + CLOCK_SKEW_SECONDS * 1_000;
    if (endsAt <= Date.now()) throw new ConnectionRefusedError(CLOSE.tokenExpired);
    return principal;
  }

  private async verify(token: string | null): Promise<Principal> {
    if (token === '') throw new ConnectionRefusedError(CLOSE.tokenMissing);
    if (token === null) throw new ConnectionRefusedError(CLOSE.tokenInvalid);
    try {
      return await this.verifier.verify(token);
    } catch (error) {
      throw new ConnectionRefusedError(closeForToken(error));
    }
  }
}
