import { useConnectionState } from '@herald/client/react';
import { useOrganizationName } from '../organizations/organizations.js';
import { useLiveOrganization } from '../shell/live-organization.js';
import { isolated } from '../ui/isolated.js';
import { Popover } from '../ui/popover.js';
import { EndpointDetails } from './endpoint-details.js';
import { statusLabel, statusTone, worstOf } from './describe-connection.js';
import './connection.css';

/** Shows whether the page is live, and opens the details. */
export function ConnectionPill() {
  const orgId = useLiveOrganization();
  const orgName = useOrganizationName(orgId);
  const notifications = useConnectionState('notifications');
  const events = useConnectionState(orgId === null ? null : { orgId });
  const { status } = orgId === null ? notifications : worstOf([notifications, events]);
  const label = statusLabel(status);
  return (
    <Popover
      label="Connection"
      width={360}
      trigger={(trigger) => (
        <button
          type="button"
          className="pill"
          data-live={status === 'connected'}
          aria-label={`Connection: ${label}`}
          {...trigger}
        >
          <span className="dot" data-tone={statusTone(status)} data-pulse={status === 'connected'} />
          <span className="pill-label">{label}</span>
        </button>
      )}
    >
      {() => (
        <>
          <EndpointDetails title="Notifications" endpoint="notifications" />
          {orgId !== null && (
            <EndpointDetails
              title={`Events of ${orgName === null ? 'the organization' : isolated(orgName)}`}
              endpoint={{ orgId }}
            />
          )}
        </>
      )}
    </Popover>
  );
}
