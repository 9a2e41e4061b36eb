import { ArrowRight, KeyRound, TriangleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Avatar } from '../ui/avatar.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Logo } from '../ui/logo.js';
import { usePageTitle } from '../ui/page-title.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { ThemeSwitch } from '../ui/theme.js';
import { useAction } from '../ui/use-action.js';
import type { DevelopmentUser } from './console-config.js';
import { isOperator } from './session.js';
import './sign-in.css';

interface SignInPageProps {
  users: readonly DevelopmentUser[];
  /** Why the previous session ended. */
  error: Error | null;
  signIn: (user: DevelopmentUser) => Promise<void>;
}

/** In development: one click signs in as a demo user. */
export function SignInPage({ users, error, signIn }: SignInPageProps) {
  usePageTitle('Sign in');
  const [chosen, setChosen] = useState<string | null>(null);
  const action = useAction(signIn);
  const choose = (user: DevelopmentUser) => {
    setChosen(user.user_id);
    void action.run(user);
  };
  return (
    <SignInFrame title="Welcome to Herald" about="Pick a demo user. Open a second window to sign in as someone else.">
      <ProblemNotice error={action.error ?? error} />
      <ul className="sign-in-users" aria-label="Users">
        {users.map((user) => (
          <li key={user.user_id}>
            <UserButton
              user={user}
              isBusy={action.isRunning && user.user_id === chosen}
              onChoose={() => choose(user)}
            />
          </li>
        ))}
      </ul>
      <div className="notice">
        <TriangleAlert size={16} aria-hidden="true" />
        <div className="muted">
          Development only: anyone who can reach this server can sign in as anyone. Set <code>KEYCLOAK_URL</code> and{' '}
          <code>KEYCLOAK_REALM</code> for a real sign-in.
        </div>
      </div>
    </SignInFrame>
  );
}

function UserButton({ user, isBusy, onChoose }: { user: DevelopmentUser; isBusy: boolean; onChoose: () => void }) {
  return (
    <button type="button" className="sign-in-user" aria-busy={isBusy || undefined} onClick={onChoose}>
      <Avatar id={user.user_id} name={user.name} />
      <span className="wrap">
        <span className="row">
          <strong className="truncate">
            <span className="visually-hidden">Sign in as </span>
            <bdi>{user.name}</bdi>
          </strong>
          {isOperator({ roles: user.roles }) && <Badge tone="accent">Operator</Badge>}
        </span>
        <span className="muted small">{user.about}</span>
      </span>
      <ArrowRight size={16} aria-hidden="true" className="push faint" />
    </button>
  );
}

interface OidcSignInPageProps {
  authority: string;
  error: Error | null;
  begin: () => Promise<void>;
}

/** With an identity provider: one button that redirects to it. */
export function OidcSignInPage({ authority, error, begin }: OidcSignInPageProps) {
  usePageTitle('Sign in');
  const action = useAction(begin);
  return (
    <SignInFrame title="Welcome to Herald" about="Sign in with your work account.">
      <ProblemNotice error={action.error ?? error} />
      <Button
        kind="primary"
        icon={<KeyRound size={16} aria-hidden="true" />}
        isBusy={action.isRunning}
        onClick={() => void action.run()}
      >
        Sign in
      </Button>
      <p className="faint small wrap">We’ll send you to {new URL(authority).host} to sign in, then bring you back.</p>
    </SignInFrame>
  );
}

/** When the server doesn't know its identity provider's address. */
export function NoSignInPage() {
  usePageTitle('Sign in');
  return (
    <SignInFrame title="Herald" about="Sign-in isn’t set up yet.">
      <div className="notice" data-tone="warn">
        <TriangleAlert size={16} aria-hidden="true" />
        <div>
          This server knows the keys of an identity provider, but not its address. Set <code>KEYCLOAK_URL</code> and{' '}
          <code>KEYCLOAK_REALM</code>, or <code>JWT_ISSUER</code>, and restart it. The API works without sign-in here:
          see <a href="/docs">/docs</a>.
        </div>
      </div>
    </SignInFrame>
  );
}

function SignInFrame({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-head">
          <Logo size={40} />
          <h1>{title}</h1>
          <p className="muted">{about}</p>
        </div>
        {children}
      </div>
      <ThemeSwitch />
    </main>
  );
}
