import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

const BEARER = /^Bearer(?: +(?<token>.*))?$/i;

/** Authenticates each HTTP request once: the rate limit asks first, then the guard. */
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

  /** Whether authenticating the request means fetching keys first. */
  needsNewKeys(request: Request): boolean {
    const token = bearerOf(request);
    return token !== null && this.verifier.needsNewKeys(token);
  }
}

/** An empty token counts as a bad one. So do several headers, as a proxy might have checked another one than we would. */
function bearerOf({ headersDistinct }: Request): string | null {
  const [header = '', ...others] = headersDistinct.authorization ?? [];
  if (others.length > 0) return '';
  const credential = BEARER.exec(header);
  return credential === null ? null : (credential.groups?.token ?? '');
}
