import { useEffect, useEffectEvent, useState } from 'react';
import type { ConsoleConfig } from './console-config.js';
import type { OidcSignIn } from './oidc-session.js';
import type { Session } from './session.js';

/** Sign-in at the identity provider. Its library is loaded only when one is configured. */
export interface Oidc {
  restore: () => Promise<Session | null>;
  begin: () => Promise<void>;
}

export function useOidc(config: ConsoleConfig, onEnded: (error: Error) => void): Oidc {
  const end = useEffectEvent(onEnded);
  const [ended] = useState(() => new EventTarget());
  const [oidc] = useState(() => lazyOidc(config, () => ended.dispatchEvent(new Event('ended'))));

  useEffect(() => {
    const listen = () => end(new Error('Your session has ended. Sign in again to continue.'));
    ended.addEventListener('ended', listen);
    return () => ended.removeEventListener('ended', listen);
  }, [ended]);
  return oidc;
}

function lazyOidc(config: ConsoleConfig, onEnded: () => void): Oidc {
  let signIn: Promise<OidcSignIn> | null = null;
  let restored: Promise<Session | null> | null = null;
  const load = () => {
    if (config.mode !== 'oidc') throw new Error('No identity provider is configured.');
    signIn ??= import('./oidc-session.js').then(({ OidcSignIn }) => new OidcSignIn(config, onEnded));
    return signIn;
  };
  return {
    // Once: the provider's code can't be used twice.
    restore: () => (restored ??= load().then((each) => each.restore())),
    begin: () => load().then((each) => each.begin()),
  };
}
