import type { EventFrame } from '@herald/client';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { CopyButton } from '../ui/copy-button.js';
import { Time } from '../ui/time.js';
import type { PastEvent } from './event-history.js';
import { eventSentence } from './event-sentence.js';

interface EventRowProps {
  past: PastEvent;
  nameOf: (userId: string) => string;
}

/** An event as a sentence, which expands to its JSON. */
export function EventRow({ past: { event, arrivedAt }, nameOf }: EventRowProps) {
  const [isOpen, setOpen] = useState(false);
  const { icon: Icon, tone, subject, text } = eventSentence(event, nameOf);
  const { timestamp } = event.data;
  return (
    <li className="event">
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <span className="event-icon" data-tone={tone}>
            <Icon size={15} aria-hidden="true" />
          </span>
          <span className="event-text">
            <span className="wrap">
              <strong>
                <bdi>{subject}</bdi>
              </strong>{' '}
              <bdi>{text}</bdi>
            </span>
            <span className="faint small">
              <code>{event.event_type}</code> · <Time value={typeof timestamp === 'string' ? timestamp : arrivedAt} />
            </span>
          </span>
          <ChevronRight size={15} aria-hidden="true" className="event-chevron" />
        </summary>
        {isOpen && <EventJson event={event} />}
      </details>
    </li>
  );
}

function EventJson({ event }: { event: EventFrame }) {
  const json = JSON.stringify(event, null, 2);
  return (
    <div className="event-json">
      {/* It scrolls, so it must be reachable by keyboard. */}
      <pre className="json" tabIndex={0} role="region" aria-label={`JSON of ${event.event_type}`}>
        {json}
      </pre>
      <CopyButton text={json} what="JSON" />
    </div>
  );
}
