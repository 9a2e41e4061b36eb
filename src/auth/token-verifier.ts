import type { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { JsonWebTokenError, JwtService, type JwtVerifyOptions, TokenExpiredError } from '@nestjs/jwt';
import type { AuthSettings } from '../config/environment.js';
import type { KeyCache } from './keys/key-cache.js';
import { SIGNATURE_ALGORITHMS } from './keys/signature-algorithm.js';
import type { Principal } from './principal.js';
import { readPrincipal, SubjectMissingError } from './token-claims.js';
import { KeysUnavailableError, TokenRejectedError } from './token-errors.js';
import { readTokenHeader } from './token-header.js';

/** How far our clock may differ from the provider's. */
export const CLOCK_SKEW_SECONDS = 5;

/** Tells whom a token speaks for: the only judge of tokens, for HTTP and WebSocket alike. */
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private readonly options: JwtVerifyOptions;
  private hasHinted = false;

  constructor(
    private readonly keys: KeyCache,
    settings: Pick<AuthSettings, 'issuer' | 'audience'>,
    private readonly now: () => number = Date.now,
  ) {
    this.options = {
      // The key decides the algorithm, not the token: only keys are tried that fit the one the header names.
      algorithms: [...SIGNATURE_ALGORITHMS],
      clockTolerance: CLOCK_SKEW_SECONDS,
      ...(settings.issuer !== null && { issuer: settings.issuer }),
      ...(settings.audience !== null && { audience: settings.audience }),
    };
  }

  /**
   * @throws {TokenRejectedError} if the token is not good, or no longer
   * @throws {KeysUnavailableError} if that can't be told, because the keys are out of reach
   */
  async verify(token: string): Promise<Principal> {
    const nowSeconds = Math.floor(this.now() / 1_000);
    try {
      const keys = await this.keys.find(readTokenHeader(token));
      return readPrincipal(await this.claimsOf(token, keys, nowSeconds), nowSeconds);
    } catch (error) {
      if (error instanceof KeysUnavailableError) throw error;
      if (error instanceof SubjectMissingError) this.hintAtSubject();
      const rejection = asRejection(error);
      this.logger.debug(`Refused a token: ${rejection.message}`);
      throw rejection;
    }
  }

  /** Whether to verify this token takes a question to the source of the keys: an expensive one, which a forged `kid` asks too. */
  needsNewKeys(token: string): boolean {
    try {
      return !this.keys.knows(readTokenHeader(token));
    } catch {
      // Refused by its looks.
      return false;
    }
  }

  /** Whether tokens can be verified, for the readiness check: false until keys were had for the first time. */
  isReady(): boolean {
    return this.keys.isReady();
  }

  /** What the token claims, if one of the keys has signed it. */
  private async claimsOf(token: string, keys: readonly KeyObject[], nowSeconds: number): Promise<unknown> {
    let refusal: unknown;
    for (const publicKey of keys) {
      try {
        // A service a key: the options of a call take no key that is parsed already.
        return await new JwtService({ publicKey }).verifyAsync(token, { ...this.options, clockTimestamp: nowSeconds });
      } catch (error) {
        refusal = error;
        if (!isOfAnotherKey(error)) break;
      }
    }
    throw refusal;
  }

  private hintAtSubject(): void {
    if (this.hasHinted) return;
    this.hasHinted = true;
    this.logger.warn(
      'Refused a token without "sub". Keycloak 25 and later put it in by the client scope "basic": ' +
        'assign that scope to the client as a default scope.',
    );
  }
}

function isOfAnotherKey(error: unknown): boolean {
  return error instanceof JsonWebTokenError && error.message === 'invalid signature';
}

/** Whatever a hostile token makes a library throw, the answer is a refusal. */
function asRejection(error: unknown): TokenRejectedError {
  if (error instanceof TokenRejectedError) return error;
  // Other errors may quote the token, as JSON's do.
  const message = error instanceof JsonWebTokenError ? error.message : 'unreadable';
  return new TokenRejectedError(error instanceof TokenExpiredError ? 'token_expired' : 'token_invalid', message, {
    cause: error,
  });
}
