import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

const BEARER = /^Bearer(?: +(?<token>.*))?$/i;

/** Finds out who an HTTP request speaks for, once a request: the rate limit asks first, and then the guard. */
@Injectable()
export class HttpAuthentication {
  private readonly principals = new WeakMap<Request, Promise<Principal | null>>();

  constructor(private readonly verifier: TokenVerifier) {}

  /**
   * Null: the request has no token.
   * @throws {TokenRejectedError}
   * @throws {KeysUnavailableError}
   */
  principalOf(request: Request): Promise<Principal | null> {
    const known = this.principals.get(request);
    if (known !== undefined) return known;
    const token = bearerOf(request);
    const principal = token === null ? Promise.resolve(null) : this.verifier.verify(token);
    this.principals.set(request, principal);
    return principal;
  }

  /** Whether the source of the keys must be asked first. */
  needsNewKeys(request: Request): boolean {
    const token = bearerOf(request);
    return token !== null && this.verifier.needsNewKeys(token);
  }
}

/** An empty token is one too, and a bad one. So is one of several headers, of which a proxy might take another for the one. */
function bearerOf({ headersDistinct }: Request): string | null {
  const [header = '', ...others] = headersDistinct.authorization ?? [];
  if (others.length > 0) return '';
  const credential = BEARER.exec(header);
  return credential === null ? null : (credential.groups?.token ?? '');
}
