import { problemOf } from '../api/problem.js';
import type { DevelopmentConfig, DevelopmentUser } from './console-config.js';
import { RenewingToken } from './renewing-token.js';
import type { Session } from './session.js';

/** In `sessionStorage`, so that two tabs can be two users. Holds the user id only: a token can be fetched at any time. */
const KEY = 'herald.development-user';
/** How long creating the demo organization may take. */
const PATIENCE_MS = 20_000;

/** Signs in as a demo user, and has the server create the demo organization. */
export async function signInAs(user: DevelopmentUser, config: DevelopmentConfig): Promise<Session> {
  // Signing in works without the demo organization too; the user can create another.
  await fetch('/dev/demo', { method: 'POST', signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
  return sessionOf(user, config);
}

async function sessionOf(user: DevelopmentUser, config: DevelopmentConfig): Promise<Session> {
  const token = new RenewingToken((signal) => fetchToken(user, signal));
  await token.get('connect');
  sessionStorage.setItem(KEY, user.user_id);
  return {
    userId: user.user_id,
    name: user.name,
    email: user.email,
    roles: user.roles,
    names: new Map(config.users.map(({ user_id, name }) => [user_id, name])),
    getToken: ({ reason }) => token.get(reason),
    signOut: () => {
      sessionStorage.removeItem(KEY);
      return Promise.resolve();
    },
  };
}

/** The session from before a reload, if any. */
export async function restoreDevelopmentSession(config: DevelopmentConfig): Promise<Session | null> {
  const userId = sessionStorage.getItem(KEY);
  const user = config.users.find(({ user_id }) => user_id === userId);
  return user === undefined ? null : sessionOf(user, config);
}

async function fetchToken({ user_id, email, name, roles }: DevelopmentUser, signal: AbortSignal): Promise<string> {
  const response = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user_id, email, name, roles }),
    signal,
  });
  if (!response.ok) throw await problemOf(response);
  // The contract fixes the answer's form (OAuth 2).
  const { access_token } = (await response.json()) as { access_token: string };
  return access_token;
}
