import { Activity } from 'lucide-react';
import { Link, useRoute } from 'wouter';
import { ConnectionPill } from '../connection/connection-pill.js';
import { NotificationBell } from '../notifications/notification-bell.js';
import { OrganizationSwitcher } from '../organizations/organization-switcher.js';
import { isOperator, useSession } from '../session/session.js';
import { Logo } from '../ui/logo.js';
import { UserMenu } from './user-menu.js';

export function Header({ signOut }: { signOut: () => Promise<void> }) {
  const session = useSession();
  return (
    <header className="header">
      <div className="header-row">
        <Link href="/" className="header-logo" aria-label="Herald, home">
          <Logo />
          <span>Herald</span>
        </Link>
        <span className="header-slash" aria-hidden="true" />
        <OrganizationSwitcher />
        {isOperator(session) && <OperationsLink />}
        <div className="header-tools">
          <ConnectionPill />
          <NotificationBell />
          <UserMenu signOut={signOut} />
        </div>
      </div>
    </header>
  );
}

function OperationsLink() {
  const [isHere] = useRoute('/operations');
  return (
    <nav className="header-nav" aria-label="Administration">
      <Link href="/operations" className="header-link" aria-current={isHere ? 'page' : undefined}>
        <Activity size={15} aria-hidden="true" />
        Operations
      </Link>
    </nav>
  );
}
