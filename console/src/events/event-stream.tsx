import type { ConnectionState, EventFrame } from '@herald/client';
import { Radio } from 'lucide-react';
import { statusLabel, statusTone } from '../connection/describe-connection.js';
import { useMembers } from '../organizations/organizations.js';
import { peopleOf } from '../people/people.js';
import { useSession } from '../session/session.js';
import { Badge } from '../ui/badge.js';
import { Empty } from '../ui/empty.js';
import { EventRow } from './event-row.js';
import './events.css';

interface EventStreamProps {
  orgId: string;
  /** Newest first. */
  events: readonly EventFrame[];
  status: ConnectionState['status'];
}

/** What happens in the organization, as it happens. */
export function EventStream({ orgId, events, status }: EventStreamProps) {
  const session = useSession();
  const { data } = useMembers(orgId);
  const personOf = peopleOf(data?.items ?? [], session);
  return (
    <section className="card event-card" aria-label="Live events">
      <div className="card-head">
        <h2>
          Live events <span className="count">{events.length === 0 ? '' : events.length}</span>
        </h2>
        <span className="push" style={{ marginInlineEnd: 6 }}>
          <Badge tone={statusTone(status)}>
            <span className="dot" data-tone={statusTone(status)} data-pulse={status === 'connected'} />
            {statusLabel(status)}
          </Badge>
        </span>
      </div>
      {events.length === 0 && (
        <Empty icon={Radio} title="Waiting for something to happen">
          Create a resource here, or in a second window as somebody else: it appears at once, in both.
        </Empty>
      )}
      {/* A list that scrolls is reached by the keyboard through its items. */}
      <ol className="events" aria-label="Events, newest first">
        {events.map((event) => (
          <EventRow key={event.cursor} event={event} nameOf={(userId) => personOf(userId).name} />
        ))}
      </ol>
    </section>
  );
}
