import type { ConnectionState } from '@herald/client';
import { Radio } from 'lucide-react';
import { statusLabel, statusTone } from '../connection/describe-connection.js';
import { useMembers } from '../organizations/organizations.js';
import { peopleOf } from '../people/people.js';
import { useSession } from '../session/session.js';
import { Badge } from '../ui/badge.js';
import { Empty } from '../ui/empty.js';
import type { PastEvent } from './event-history.js';
import { EventRow } from './event-row.js';
import './events.css';

interface EventStreamProps {
  orgId: string;
  /** Newest first. */
  past: readonly PastEvent[];
  status: Status;
}

type Status = ConnectionState['status'];

/** Shown before the first event. */
const EMPTY: Readonly<Record<Status, { title: string; text: string }>> = {
  connected: {
    title: 'No events yet',
    text: 'Create a resource, here or in a second window as someone else: it appears at once in both.',
  },
  connecting: { title: 'Connecting', text: 'New events will appear here.' },
  waiting: { title: 'Connection lost', text: 'Events will appear here again once it is back.' },
  offline: { title: 'You’re offline', text: 'Events will appear here again once the network is back.' },
  closed: { title: 'Disconnected', text: 'Live events have ended.' },
};

/** The organization's events, live. */
export function EventStream({ orgId, past, status }: EventStreamProps) {
  const session = useSession();
  const { data } = useMembers(orgId);
  const personOf = peopleOf(data?.items ?? [], session);
  return (
    <section className="card event-card" aria-label="Live events">
      <div className="card-head">
        <h2>
          Live events <span className="count">{past.length === 0 ? '' : past.length}</span>
        </h2>
        <span className="push" style={{ marginInlineEnd: 6 }}>
          <Badge tone={statusTone(status)}>
            <span className="dot" data-tone={statusTone(status)} data-pulse={status === 'connected'} />
            {statusLabel(status)}
          </Badge>
        </span>
      </div>
      {past.length === 0 && (
        <Empty icon={Radio} title={EMPTY[status].title}>
          {EMPTY[status].text}
        </Empty>
      )}
      {/* The list scrolls; the keyboard reaches it through its items. */}
      <ol className="events" aria-label="Events, newest first">
        {past.map((each) => (
          <EventRow key={each.event.cursor} past={each} nameOf={(userId) => personOf(userId).name} />
        ))}
      </ol>
    </section>
  );
}
