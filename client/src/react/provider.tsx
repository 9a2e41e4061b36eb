import { createContext, type ReactNode, use, useEffect, useLayoutEffect, useMemo } from 'react';
import type { ClientOptions } from '../options.js';
import { Session } from './session.js';

export interface HeraldProviderProps {
  /** The server, such as `https://herald.example.com`; that of the page by default. */
  url?: string | URL;
  /** Who is signed in: the `sub` of the token. Another user starts everything anew. */
  userId: string;
  /**
   * Gives this user's access token, for connections and requests alike. Another function takes the place of the one before, and
   * reconnects nothing.
   */
  getToken: ClientOptions['getToken'];
  credential?: ClientOptions['credential'];
  /** Ask for presence frames, which keep `usePresence` up to date between its requests. True by default. */
  presence?: boolean;
  /** Have one socket for all tabs of the browser, where Web Locks and BroadcastChannel exist. True by default. */
  share?: boolean;
  children?: ReactNode;
}

const SessionContext = createContext<Session | null>(null);

/** Gives the hooks below it their user. It connects nothing itself: each endpoint is connected while a hook needs it. */
export function HeraldProvider({
  url,
  userId,
  getToken,
  credential,
  presence = true,
  share = true,
  children,
}: HeraldProviderProps): ReactNode {
  const address = url === undefined ? undefined : String(url);
  const session = useMemo(
    () => new Session({ url: address, userId, credential, presence, share }),
    [address, userId, credential, presence, share],
  );
  // Before the effects of the components below, which connect.
  useLayoutEffect(() => session.useTokensOf(getToken), [session, getToken]);
  useEffect(() => session.begin(), [session]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** @throws {Error} outside of a `HeraldProvider` */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('The hooks of Herald take a HeraldProvider above their component');
  return session;
}
