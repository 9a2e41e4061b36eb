import { useEffect, useState } from 'react';
import { SignedIn } from '../shell/signed-in.js';
import type { ConsoleConfig } from './console-config.js';
import { restoreDevelopmentSession, signInAs } from './development-session.js';
import { type Session, SessionContext } from './session.js';
import { NoSignInPage, OidcSignInPage, SignInPage } from './sign-in-page.js';
import { Splash } from './splash.js';
import { type Oidc, useOidc } from './use-oidc.js';

type SignIn = { status: 'restoring' } | { status: 'out'; error: Error | null } | { status: 'in'; session: Session };

/** Shows the console to signed-in users, and the sign-in page to everyone else. */
export function SignInGate({ config }: { config: ConsoleConfig }) {
  const [signIn, setSignIn] = useState<SignIn>({ status: 'restoring' });
  const oidc = useOidc(config, (error) => setSignIn({ status: 'out', error }));

  useEffect(() => {
    // StrictMode runs this twice; `restore` still asks once, because the provider's code can be used only once.
    let isCurrent = true;
    const restored = restore(config, oidc);
    restored.then(
      (session) =>
        isCurrent && setSignIn(session === null ? { status: 'out', error: null } : { status: 'in', session }),
      (error: unknown) => isCurrent && setSignIn({ status: 'out', error: asError(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [config, oidc]);

  if (signIn.status === 'restoring') return <Splash error={null} onRetry={() => undefined} />;
  if (signIn.status === 'in') {
    const { session } = signIn;
    const signOut = async () => {
      await session.signOut();
      setSignIn({ status: 'out', error: null });
    };
    return (
      <SessionContext value={session}>
        <SignedIn key={session.userId} signOut={signOut} />
      </SessionContext>
    );
  }
  if (config.mode === 'unconfigured') return <NoSignInPage />;
  if (config.mode === 'oidc') {
    return <OidcSignInPage authority={config.authority} error={signIn.error} begin={() => oidc.begin()} />;
  }
  return (
    <SignInPage
      users={config.users}
      error={signIn.error}
      signIn={async (user) => setSignIn({ status: 'in', session: await signInAs(user, config) })}
    />
  );
}

function restore(config: ConsoleConfig, oidc: Oidc): Promise<Session | null> {
  if (config.mode === 'unconfigured') return Promise.resolve(null);
  return config.mode === 'development' ? restoreDevelopmentSession(config) : oidc.restore();
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
