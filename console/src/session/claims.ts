/** Claims of an access token, for display only: the server verifies the token. */
export interface Claims {
  userId: string;
  name: string | null;
  email: string | null;
  roles: readonly string[];
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** @throws {Error} if it isn't a JWT with a subject */
export function readClaims(token: string): Claims {
  const payload = decode(token);
  if (typeof payload.sub !== 'string') throw new Error('The access token has no subject (sub).');
  return {
    userId: payload.sub,
    name: text(payload.name) ?? text(payload.preferred_username),
    email: text(payload.email),
    roles: rolesOf(payload.realm_access),
    expiresAt: typeof payload.exp === 'number' ? payload.exp * 1_000 : 0,
  };
}

function decode(token: string): Record<string, unknown> {
  const part = token.split('.')[1];
  if (part === undefined) throw new Error('The access token is not a JWT.');
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  const payload: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return isRecord(payload) ? payload : {};
}

function rolesOf(realmAccess: unknown): readonly string[] {
  const roles = isRecord(realmAccess) ? realmAccess.roles : null;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
