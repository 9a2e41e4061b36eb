import { Logger } from '@nestjs/common';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { isUserId } from '../support/user-id.js';
import { CLOSE, ConnectionRefusedError } from './close-code.js';
import type { Principal } from './principal.js';

/** What a verified token says; what is left out counts as unknown. */
export type VerifiedToken = Pick<Principal, 'userId' | 'expiresAt'> & Partial<Principal>;

/** Why a token is refused: the connection is closed with 4001 and this reason. */
export interface RefusedToken {
  refused: 'token_invalid' | 'token_expired';
}

/** Verifies the tokens of connections. The application implements it. */
export interface TokenVerifier {
  /**
   * @throws {Error} if it can't tell now, for example because the keys can't be fetched: the connection is closed with
   *   1013, and the client tries again
   */
  verify(token: string): Promise<VerifiedToken | RefusedToken>;
}

const failures = new QuietErrorLog(new Logger('TokenVerifier'), 'Could not verify a token');

/** @throws {ConnectionRefusedError} 4001, or 1013 if the verifier can't tell */
export async function authenticate(verifier: TokenVerifier, token: string): Promise<Principal> {
  const verified = await verifier.verify(token).catch((error: unknown) => {
    failures.report(error instanceof Error ? error : new Error(String(error)));
    throw new ConnectionRefusedError(CLOSE.unavailable);
  });
  if ('refused' in verified) {
    throw new ConnectionRefusedError(verified.refused === 'token_expired' ? CLOSE.tokenExpired : CLOSE.tokenInvalid);
  }
  const endsAt = verified.expiresAt instanceof Date ? verified.expiresAt.getTime() : Number.NaN;
  if (!isUserId(verified.userId) || Number.isNaN(endsAt)) throw new ConnectionRefusedError(CLOSE.tokenInvalid);
  return { email: null, name: null, roles: new Set(), sessionId: null, ...verified };
}
