import type { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { JsonWebTokenError, JwtService, type JwtVerifyOptions, TokenExpiredError } from '@nestjs/jwt';
import type { AuthSettings } from '../config/environment.js';
import type { KeyCache } from './keys/key-cache.js';
import { SIGNATURE_ALGORITHMS } from './keys/signature-algorithm.js';
import { KnownTokens } from './known-tokens.js';
import type { Principal } from './principal.js';
import { QuietErrorLog } from '../realtime/support/quiet-error-log.js';
import { readPrincipal } from './token-claims.js';
import { KeysUnavailableError, TokenRejectedError } from './token-errors.js';
import { readTokenHeader } from './token-header.js';

/** How far our clock may differ from the provider's. */
export const CLOCK_SKEW_SECONDS = 5;

/** Longest part of a claim shown in the log. */
const MAX_SHOWN_LENGTH = 200;

/** The start of the library's messages about claims, which it checks after the signature. */
const CLAIM_REFUSED = /^jwt (issuer|audience|not active)/;

/** Verifies tokens and reads who they are for; the only place that does, for HTTP and WebSocket alike. */
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  /** Logs each reason at most once a minute; clients learn only that the token is not valid. */
  private readonly refusals = new QuietErrorLog(this.logger, 'Refused a token');
  /** For tokens without a valid signature, which anyone can send: logged as information, not as a warning. */
  private readonly forgeries = new QuietErrorLog({ warn: (text) => this.logger.log(text) }, 'Refused a token');
  private readonly options: JwtVerifyOptions;
  private readonly known = new KnownTokens();

  constructor(
    private readonly keys: KeyCache,
    private readonly settings: Pick<AuthSettings, 'issuer' | 'audience'>,
    private readonly now: () => number = Date.now,
  ) {
    this.options = {
      // Safe to allow all: only keys that fit the header's algorithm are tried.
      algorithms: [...SIGNATURE_ALGORITHMS],
      clockTolerance: CLOCK_SKEW_SECONDS,
      ...(settings.issuer !== null && { issuer: settings.issuer }),
      ...(settings.audience !== null && { audience: settings.audience }),
    };
  }

  /**
   * @throws {TokenRejectedError} if the token is invalid or expired
   * @throws {KeysUnavailableError} if it can't be checked, because the keys can't be fetched
   */
  async verify(token: string): Promise<Principal> {
    const nowSeconds = Math.floor(this.now() / 1_000);
    let isSigned = false;
    try {
      const keys = await this.keys.find(readTokenHeader(token));
      const known = this.known.find(token, keys);
      if (known !== null) {
        if (!hasExpired(known, nowSeconds)) return known;
        this.known.forget(token);
      }
      const { claims, key } = await this.claimsOf(token, keys, nowSeconds);
      isSigned = true;
      const principal = readPrincipal(claims, nowSeconds);
      this.known.add(token, key, principal);
      return principal;
    } catch (error) {
      if (error instanceof KeysUnavailableError) throw error;
      isSigned ||= error instanceof JsonWebTokenError && CLAIM_REFUSED.test(error.message);
      const rejection = this.asRejection(error, token);
      // Expired tokens are normal, so they aren't logged.
      if (rejection.reason !== 'token_expired') (isSigned ? this.refusals : this.forgeries).report(rejection);
      throw rejection;
    }
  }

  /** Whether verifying this token means fetching keys: an expensive step, which a forged `kid` also causes. */
  needsNewKeys(token: string): boolean {
    try {
      return !this.keys.knows(readTokenHeader(token));
    } catch {
      // Its header alone gets it refused.
      return false;
    }
  }

  /** For the readiness check: whether keys have been fetched at least once. */
  isReady(): boolean {
    return this.keys.isReady();
  }

  /** The token's claims, and the key that signed it, if one of the keys did. */
  private async claimsOf(
    token: string,
    keys: readonly KeyObject[],
    nowSeconds: number,
  ): Promise<{ claims: unknown; key: KeyObject }> {
    let refusal: unknown;
    for (const key of keys) {
      try {
        // One service for each key, as the options of a call don't accept a parsed key.
        const service = new JwtService({ publicKey: key });
        const claims: unknown = await service.verifyAsync(token, { ...this.options, clockTimestamp: nowSeconds });
        return { claims, key };
      } catch (error) {
        refusal = error;
        if (!isOfAnotherKey(error)) break;
      }
    }
    throw refusal;
  }

  /** Anything that a hostile token makes a library throw counts as a rejection. */
  private asRejection(error: unknown, token: string): TokenRejectedError {
    if (error instanceof TokenRejectedError) return error;
    const message = error instanceof JsonWebTokenError ? this.explain(error.message, token) : 'unreadable';
    return new TokenRejectedError(error instanceof TokenExpiredError ? 'token_expired' : 'token_invalid', message, {
      cause: error,
    });
  }

  /** The library checks claims only after the signature, so the identity provider wrote the claims shown here. */
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

function hasExpired({ expiresAt }: Principal, nowSeconds: number): boolean {
  return nowSeconds >= expiresAt.getTime() / 1_000 + CLOCK_SKEW_SECONDS;
}

function isOfAnotherKey(error: unknown): boolean {
  return error instanceof JsonWebTokenError && error.message === 'invalid signature';
}
