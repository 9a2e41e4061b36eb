import { useOrgEvents } from '@herald/client/react';
import { useEffect, useEffectEvent, useRef } from 'react';
import { Link, Route, Switch, useLocation, useRoute } from 'wouter';
import { path } from '../api/path.js';
import type { Organization } from '../api/types.js';
import { useEventHistory } from '../events/event-history.js';
import { EventStream } from '../events/event-stream.js';
import { useLiveUpdates } from '../events/live-updates.js';
import { PresenceCard } from '../people/presence-card.js';
import { MembersCard } from '../members/members-card.js';
import { ResourcePage } from '../resources/resource-page.js';
import { ResourcesCard } from '../resources/resources-card.js';
import { useShowsLive } from '../shell/live-organization.js';
import { useFocusOnMove } from '../ui/focus.js';
import { usePageTitle } from '../ui/page-title.js';
import { OrganizationHead } from './organization-head.js';
import './organizations.css';

interface OrganizationViewProps {
  organization: Organization;
  /** Called when the server says that the user is no longer a member. */
  onRemoved: () => void;
}

const FORBIDDEN = 4003;

/** One of the user's organizations, live. */
export function OrganizationView({ organization, onRemoved }: OrganizationViewProps) {
  const { id: orgId } = organization;
  useShowsLive(orgId);
  const updates = useLiveUpdates(orgId);
  const { past, add } = useEventHistory(orgId);
  const { state } = useOrgEvents(orgId, {
    onEvent: (event) => {
      add(event);
      updates.onEvent(event);
    },
    onRefetch: updates.onRefetch,
  });

  const tellRemoved = useEffectEvent(onRemoved);
  const isRemoved = state.status === 'closed' && state.closed?.code === FORBIDDEN;
  useEffect(() => {
    if (isRemoved) tellRemoved();
  }, [isRemoved]);

  const [place] = useLocation();
  const main = useRef<HTMLDivElement>(null);
  useFocusOnMove(place, main);

  const [isActivity] = useRoute('/orgs/:org_id/activity');
  const [isMembers] = useRoute('/orgs/:org_id/members');
  const [isResource] = useRoute('/orgs/:org_id/resources/:id');
  usePageTitle(isMembers || isResource ? null : organization.name);
  return (
    <div className="organization" data-section={isActivity ? 'activity' : 'lists'}>
      <OrganizationHead organization={organization} />
      <Sections orgId={orgId} newest={past.length} />
      <div ref={main} className="organization-main" tabIndex={-1}>
        <Switch>
          <Route path="/orgs/:org_id/members">
            <MembersCard organization={organization} />
          </Route>
          <Route path="/orgs/:org_id/resources/:id">
            {({ id }) => <ResourcePage key={id} orgId={orgId} resourceId={id} />}
          </Route>
          <Route>
            <ResourcesCard orgId={orgId} />
          </Route>
        </Switch>
      </div>
      <div className="organization-rail">
        <PresenceCard orgId={orgId} />
        <EventStream orgId={orgId} past={past} status={state.status} />
      </div>
    </div>
  );
}

/** On narrow screens the side column becomes a section of its own. */
function Sections({ orgId, newest }: { orgId: string; newest: number }) {
  const [isMembers] = useRoute('/orgs/:org_id/members');
  const [isActivity] = useRoute('/orgs/:org_id/activity');
  return (
    <nav className="sections" aria-label="Sections">
      <Link href={path`/orgs/${orgId}`} aria-current={isMembers || isActivity ? undefined : 'page'}>
        Resources
      </Link>
      <Link href={path`/orgs/${orgId}/members`} aria-current={isMembers ? 'page' : undefined}>
        Members
      </Link>
      <Link href={path`/orgs/${orgId}/activity`} className="narrow-only" aria-current={isActivity ? 'page' : undefined}>
        Activity {newest > 0 && <span className="count">{newest}</span>}
      </Link>
    </nav>
  );
}
