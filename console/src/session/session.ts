import { createContext, use } from 'react';
import type { TokenReason } from './renewing-token.js';

const OPERATOR_ROLE = 'realtime-admin';

/** Somebody who is signed in, in this tab. */
export interface Session {
  readonly userId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly roles: readonly string[];
  /** Names of other users, as far as this page was told any. */
  readonly names: ReadonlyMap<string, string>;
  getToken(request: { reason: TokenReason }): Promise<string>;
  /** May leave the page, for that of the identity provider. */
  signOut(): Promise<void>;
}

/** What to call somebody. */
export function displayName({ name, email, userId }: Pick<Session, 'name' | 'email' | 'userId'>): string {
  return name ?? email ?? userId;
}

/** Whether somebody may see and do what the page of operations offers. */
export function isOperator({ roles }: Pick<Session, 'roles'>): boolean {
  return roles.includes(OPERATOR_ROLE);
}

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. Only for components below the sign-in. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('useSession must be used below the sign-in');
  return session;
}
