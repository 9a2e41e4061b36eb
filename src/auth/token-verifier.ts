import type { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { JsonWebTokenError, JwtService, type JwtVerifyOptions, TokenExpiredError } from '@nestjs/jwt';
import type { AuthSettings } from '../config/environment.js';
import type { KeyCache } from './keys/key-cache.js';
import { SIGNATURE_ALGORITHMS } from './keys/signature-algorithm.js';
import type { Principal } from './principal.js';
import { QuietErrorLog } from '../runtime/quiet-error-log.js';
import { readPrincipal } from './token-claims.js';
import { KeysUnavailableError, TokenRejectedError } from './token-errors.js';
import { readTokenHeader } from './token-header.js';

/** How far our clock may differ from the provider's. */
export const CLOCK_SKEW_SECONDS = 5;

/** Of a claim, in the log. */
const MAX_SHOWN_LENGTH = 200;

/** How the library begins to say what is wrong with the claims of a token whose signature is good. */
const CLAIM_REFUSED = /^jwt (issuer|audience|not active)/;

/** Tells whom a token speaks for: the only judge of tokens, for HTTP and WebSocket alike. */
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  /** Operators learn why, once a minute for each reason; clients learn only that the token is not valid. */
  private readonly refusals = new QuietErrorLog(this.logger, 'Refused a token');
  /** What strangers make up is no reason to worry. */
  private readonly forgeries = new QuietErrorLog({ warn: (text) => this.logger.log(text) }, 'Refused a token');
  private readonly options: JwtVerifyOptions;

  constructor(
    private readonly keys: KeyCache,
    private readonly settings: Pick<AuthSettings, 'issuer' | 'audience'>,
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
    let isSigned = false;
    try {
      const keys = await this.keys.find(readTokenHeader(token));
      const claims = await this.claimsOf(token, keys, nowSeconds);
      isSigned = true;
      return readPrincipal(claims, nowSeconds);
    } catch (error) {
      if (error instanceof KeysUnavailableError) throw error;
      isSigned ||= error instanceof JsonWebTokenError && CLAIM_REFUSED.test(error.message);
      const rejection = this.asRejection(error, token);
      // Every token expires.
      if (rejection.reason !== 'token_expired') (isSigned ? this.refusals : this.forgeries).report(rejection);
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

  /** Whatever a hostile token makes a library throw, the answer is a refusal. */
  private asRejection(error: unknown, token: string): TokenRejectedError {
    if (error instanceof TokenRejectedError) return error;
    const message = error instanceof JsonWebTokenError ? this.explain(error.message, token) : 'unreadable';
    return new TokenRejectedError(error instanceof TokenExpiredError ? 'token_expired' : 'token_invalid', message, {
      cause: error,
    });
  }

  /** Claims are looked at only behind a good signature, so what they are comes from the identity provider. */
  private explain(message: string, token: string): string {
    if (message.startsWith('jwt issuer invalid')) {
      return `iss is ${claimOf(token, 'iss')}, and JWT_ISSUER is ${JSON.stringify(this.settings.issuer)}`;
    }
    if (message.startsWith('jwt audience invalid')) {
      return `aud is ${claimOf(token, 'aud')}, and JWT_AUDIENCE is ${JSON.stringify(this.settings.audience)}`;
    }
    return message;
  }
}

function claimOf(token: string, name: 'iss' | 'aud'): string {
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  } catch {
    return 'missing, as the payload is not JSON';
  }
  const value: unknown = typeof claims === 'object' && claims !== null ? Reflect.get(claims, name) : undefined;
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, MAX_SHOWN_LENGTH);
}

function isOfAnotherKey(error: unknown): boolean {
  return error instanceof JsonWebTokenError && error.message === 'invalid signature';
}
