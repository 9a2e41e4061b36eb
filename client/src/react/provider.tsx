import type { ReactNode } from 'react';
import type { ClientOptions } from './core.js';

export interface HeraldProviderProps {
  /** The server, such as `https://herald.example.com`; that of the page by default. */
  url?: string | URL;
  /** Who is signed in: the `sub` of the token. Another user starts everything anew. */
  userId: string;
  /** Gives this user's access token. Another function takes the place of the one before, and reconnects nothing. */
  getToken: ClientOptions['getToken'];
  credential?: ClientOptions['credential'];
  /** Ask for presence frames, which keep `usePresence` up to date between its requests. True by default. */
  presence?: boolean;
  /** Have one socket for all tabs of the browser, where Web Locks and BroadcastChannel exist. True by default. */
  share?: boolean;
  children?: ReactNode;
}

/** Gives the hooks below it their user. It connects nothing itself: each endpoint is connected while a hook needs it. */
export function HeraldProvider({ children }: HeraldProviderProps): ReactNode {
  return children;
}
