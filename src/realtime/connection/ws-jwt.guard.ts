import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { TokenRejectedError } from '../../auth/token-errors.js';
import { TokenVerifier } from '../../auth/token-verifier.js';
import { CLOSE, ConnectionRefusedError } from './close-code.js';
import type { Handshake } from './handshake.js';

/** Lets in who shows a valid token, and gives the handshake its principal. Comes first among a gateway's guards. */
@Injectable()
export class WsJwtGuard implements CanActivate {
  constructor(private readonly verifier: TokenVerifier) {}

  /** @throws {ConnectionRefusedError} 4001; {KeysUnavailableError} if keys can't be had, which is no fault of the client's */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handshake = context.switchToWs().getClient<Handshake>();
    const { credential } = handshake;
    if (credential === null) throw new ConnectionRefusedError(CLOSE.tokenMissing);
    // No ticket has been given out that could be redeemed.
    if (credential.kind === 'ticket') throw new ConnectionRefusedError(CLOSE.ticketInvalid);
    if (credential.value === '') throw new ConnectionRefusedError(CLOSE.tokenMissing);
    if (credential.value === null) throw new ConnectionRefusedError(CLOSE.tokenInvalid);
    try {
      handshake.authenticate(await this.verifier.verify(credential.value));
    } catch (error) {
      if (!(error instanceof TokenRejectedError)) throw error;
      throw new ConnectionRefusedError(error.reason === 'token_expired' ? CLOSE.tokenExpired : CLOSE.tokenInvalid);
    }
    return true;
  }
}
