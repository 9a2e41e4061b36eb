import { createContext, use } from 'react';
import type { TokenReason } from './renewing-token.js';

const OPERATOR_ROLE = 'realtime-admin';

/** The user signed in in this tab. */
export interface Session {
  readonly userId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly roles: readonly string[];
  /** Names of other users that the page knows. */
  readonly names: ReadonlyMap<string, string>;
  getToken(request: { reason: TokenReason }): Promise<string>;
  /** May redirect to the identity provider. */
  signOut(): Promise<void>;
}

export function displayName({ name, email, userId }: Pick<Session, 'name' | 'email' | 'userId'>): string {
  return name ?? email ?? userId;
}

/** Whether the user may use the operations page. */
export function isOperator({ roles }: Pick<Session, 'roles'>): boolean {
  return roles.includes(OPERATOR_ROLE);
}

export const SessionContext = createContext<Session | null>(null);

/** The signed-in user. Only for components below the sign-in. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('useSession must be used below the sign-in');
  return session;
}
