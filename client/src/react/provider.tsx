import { createContext, type ReactNode, use, useEffect, useLayoutEffect, useMemo } from 'react';
import type { ClientOptions } from '../options.js';
import { Session } from './session.js';

export interface HeraldProviderProps {
  /** The server, such as `https://herald.example.com`; the page's own by default. */
  url?: string | URL;
  /** The signed-in user: the token's `sub`. Another id starts everything over. */
  userId: string;
  /**
   * Returns this user's access token, for connections and requests. A new function replaces the one before, without a reconnect.
   */
  getToken: ClientOptions['getToken'];
  credential?: ClientOptions['credential'];
  /** As of the client, such as `sseFallback()`. Create it outside of the component: another one starts everything over. */
  WebSocket?: ClientOptions['WebSocket'];
  /** Ask for presence frames, which keep `usePresence` up to date between reloads. True by default. */
  presence?: boolean;
  /** Share one socket between all tabs of the browser, where Web Locks and BroadcastChannel exist. True by default. */
  share?: boolean;
  children?: ReactNode;
}

const SessionContext = createContext<Session | null>(null);

/** Provides the user for the hooks below it. It connects nothing itself: a hook connects the endpoint it needs. */
export function HeraldProvider({
  url,
  userId,
  getToken,
  credential,
  WebSocket,
  presence = true,
  share = true,
  children,
}: HeraldProviderProps): ReactNode {
  const address = url === undefined ? undefined : String(url);
  const session = useMemo(
    () => new Session({ url: address, userId, credential, WebSocket, presence, share }),
    [address, userId, credential, WebSocket, presence, share],
  );
  // A layout effect runs before the effects of the components below, which connect.
  useLayoutEffect(() => session.useTokensOf(getToken), [session, getToken]);
  useEffect(() => session.begin(), [session]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** @throws {Error} outside of a `HeraldProvider` */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('Herald hooks must be used inside a HeraldProvider');
  return session;
}
