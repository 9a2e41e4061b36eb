import type { Principal } from './principal.js';
import { TokenRejectedError } from './token-errors.js';
import { isUserId, USER_ID_RULE } from '../realtime/support/user-id.js';

/** The last second of the year 9999: ISO 8601 writes later times differently, and no honest token lives that long. */
const MAX_EXPIRY_SECONDS = 253_402_300_799;

/** How far a provider's clock may run ahead of ours. */
const MAX_ISSUED_AHEAD_SECONDS = 60;

const MAX_DISPLAY_LENGTH = 1_000;

/**
 * Makes the checks that libraries leave out, and turns the claims into a principal. Their signature, `exp`, `nbf`, `iss` and `aud`
 * must have been verified.
 * @throws {TokenRejectedError} if the claims are not those of an access token for a user
 */
export function readPrincipal(payload: unknown, nowSeconds: number): Principal {
  if (!isObject(payload)) throw invalid('payload is not a JSON object');
  const { exp, iat, typ, sub } = payload;
  if (typeof exp !== 'number' || !(exp <= MAX_EXPIRY_SECONDS)) throw invalid('exp is missing or not a sane time');
  if (iat !== undefined && !(typeof iat === 'number' && iat <= nowSeconds + MAX_ISSUED_AHEAD_SECONDS)) {
    throw invalid('iat is not a time or lies in the future');
  }
  // Keycloak marks access tokens as Bearer; Refresh, Offline, ID and Logout tokens also have valid signatures.
  if (typ !== undefined && typ !== 'Bearer') throw invalid('typ is not that of an access token');
  if (sub === undefined) {
    throw invalid(
      'sub is missing. Keycloak 25 and later add it through the client scope "basic": assign it to the client as a default scope',
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

/** Users could claim a colleague's address. Providers that don't say whether they verify addresses are trusted. */
function isVerified(claim: unknown): boolean {
  return claim === undefined || claim === true || claim === 'true';
}

function readRoles(realmAccess: unknown): ReadonlySet<string> {
  const roles = isObject(realmAccess) && Object.hasOwn(realmAccess, 'roles') ? realmAccess.roles : [];
  return new Set(Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []);
}

/** Null for text that a database can't store or a page can't show: a user's identity never depends on it. */
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
