import { lazy, Suspense, useRef } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { ConnectionBanner } from '../connection/connection-banner.js';
import { LiveNotifications } from '../notifications/live-notifications.js';
import { OrganizationPage } from '../organizations/organization-page.js';
import { ErrorBoundary } from '../ui/error-boundary.js';
import { useFocusOnMove } from '../ui/focus.js';
import { PageState } from '../ui/page-state.js';
import { BrokenPage } from './broken-page.js';
import { Header } from './header.js';
import { HomePage } from './home-page.js';
import { NotFoundPage } from './not-found-page.js';
import { useRecovery } from './use-recovery.js';
import './shell.css';

// The charts are large, and most users aren't operators.
const OperationsPage = lazy(() => import('../operations/operations-page.js'));

/** The frame of every page: header, banner, and the page that the address names. */
export function Shell({ signOut }: { signOut: () => Promise<void> }) {
  useRecovery();
  const [place] = useLocation();
  const main = useRef<HTMLElement>(null);
  useFocusOnMove(pageOf(place), main);
  return (
    <>
      <button type="button" className="skip-link" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <Header signOut={signOut} />
      <ConnectionBanner />
      <LiveNotifications />
      <main ref={main} className="page" tabIndex={-1}>
        <ErrorBoundary place={place} fallback={<BrokenPage />}>
          <Suspense fallback={<PageState label="Loading the page" error={null} onRetry={() => undefined} />}>
            <Switch>
              <Route path="/" component={HomePage} />
              <Route path="/orgs/:org_id/*?">{({ org_id }) => <OrganizationPage key={org_id} orgId={org_id} />}</Route>
              <Route path="/operations" component={OperationsPage} />
              <Route component={NotFoundPage} />
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}

/** All sections of an organization count as one page. */
function pageOf(place: string): string {
  return place.split('/', 3).join('/');
}
