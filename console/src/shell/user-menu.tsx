import { Activity, LogOut } from 'lucide-react';
import { Link } from 'wouter';
import { displayName, isOperator, useSession } from '../session/session.js';
import { Avatar } from '../ui/avatar.js';
import { isolated } from '../ui/isolated.js';
import { Popover } from '../ui/popover.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { ThemeSwitch } from '../ui/theme.js';
import { useAction } from '../ui/use-action.js';

/** The user, the colour scheme, and sign-out. */
export function UserMenu({ signOut }: { signOut: () => Promise<void> }) {
  const session = useSession();
  const name = displayName(session);
  const leave = useAction(signOut);
  return (
    <Popover
      label="Account"
      width={280}
      trigger={(trigger) => (
        <button
          type="button"
          className="avatar-button"
          aria-label={`Account of ${isolated(name)}`}
          title={name}
          {...trigger}
        >
          <Avatar id={session.userId} name={name} />
        </button>
      )}
    >
      {(close) => (
        <>
          <div className="user-card">
            <Avatar id={session.userId} name={name} />
            <div className="wrap">
              <strong>
                <bdi>{name}</bdi>
              </strong>
              {session.email !== null && <div className="muted small">{session.email}</div>}
              <div className="faint small mono">{session.userId}</div>
            </div>
          </div>
          <div className="menu-separator" />
          <div className="user-theme">
            <ThemeSwitch />
          </div>
          <div className="menu-separator" />
          <div className="menu">
            {isOperator(session) && (
              <Link href="/operations" className="menu-item" onClick={close}>
                <Activity size={16} aria-hidden="true" />
                Operations
              </Link>
            )}
            <button type="button" className="menu-item" onClick={() => void leave.run()}>
              <LogOut size={16} aria-hidden="true" />
              Sign out
            </button>
          </div>
          <ProblemNotice error={leave.error} />
        </>
      )}
    </Popover>
  );
}
