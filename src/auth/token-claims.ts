import type { Principal } from './principal.js';
import { TokenRejectedError } from './token-errors.js';
import { isUserId, USER_ID_RULE } from './user-id.js';

/** The last second of the year 9999: later times have another form in ISO 8601, and no honest token is that long. */
const MAX_EXPIRY_SECONDS = 253_402_300_799;

/** How far a provider's clock may run ahead of ours. */
const MAX_ISSUED_AHEAD_SECONDS = 60;

const MAX_DISPLAY_LENGTH = 1_000;

/**
 * Makes a principal of claims whose signature, `exp`, `nbf`, `iss` and `aud` have been verified, by the checks that
 * libraries leave out.
 * @throws {TokenRejectedError} if the claims are not those of an access token for a user
 */
export function readPrincipal(payload: unknown, nowSeconds: number): Principal {
  if (!isObject(payload)) throw invalid('payload is not a JSON object');
  const { exp, iat, typ, sub } = payload;
  if (typeof exp !== 'number' || !(exp <= MAX_EXPIRY_SECONDS)) throw invalid('exp is missing or not a sane time');
  if (iat !== undefined && !(typeof iat === 'number' && iat <= nowSeconds + MAX_ISSUED_AHEAD_SECONDS)) {
    throw invalid('iat is not a time or lies in the future');
  }
  // Keycloak marks access tokens as Bearer; Refresh, Offline, ID and Logout tokens carry good signatures too.
  if (typ !== undefined && typ !== 'Bearer') throw invalid('typ is not that of an access token');
  if (sub === undefined) {
    throw invalid(
      'sub is missing. Keycloak 25 and later put it in by the client scope "basic": assign that scope to the client as a default scope',
    );
  }
  if (!isUserId(sub)) throw invalid(`sub is not a text of ${USER_ID_RULE}`);
  return {
    userId: sub,
    ...(isVerified(payload.email_verified)
      ? { email: displayText(payload.email) }
      : { email: null, isEmailUnverified: true }),
    name: displayText(payload.name) ?? displayText(payload.preferred_username),
    roles: readRoles(payload.realm_access),
    expiresAt: new Date(exp * 1_000),
    sessionId: displayText(payload.sid),
  };
}

/** Anybody may claim a colleague's address. Providers that don't say whether they have checked it are believed. */
function isVerified(claim: unknown): boolean {
  return claim === undefined || claim === true || claim === 'true';
}

function readRoles(realmAccess: unknown): ReadonlySet<string> {
  const roles = isObject(realmAccess) && Object.hasOwn(realmAccess, 'roles') ? realmAccess.roles : [];
  return new Set(Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []);
}

/** A text that a database can hold and a page can show, else null: who a user is never hangs on it. */
function displayText(value: unknown): string | null {
  const isUsable = typeof value === 'string' && value.length <= MAX_DISPLAY_LENGTH && /^\P{Cc}+$/u.test(value);
  return isUsable && value.isWellFormed() ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(why: string): TokenRejectedError {
  return new TokenRejectedError('token_invalid', why);
}
