import { type EventFrame, isEvent } from '@herald/client';
import { useQueryClient } from '@tanstack/react-query';
import type { List } from '../api/api.js';
import { keys } from '../api/keys.js';
import type { Member, ResourceSummary } from '../api/types.js';
import { peopleOf } from '../people/people.js';
import { useSession } from '../session/session.js';
import { useAnnounce } from '../ui/announcer.js';
import { isolated } from '../ui/isolated.js';
import { eventSentence } from './event-sentence.js';

interface LiveUpdates {
  onEvent: (event: EventFrame) => void;
  onRefetch: () => void;
}

/** Keeps the organization's lists in sync with its events, and announces them to screen readers. */
export function useLiveUpdates(orgId: string): LiveUpdates {
  const client = useQueryClient();
  const session = useSession();
  const announce = useAnnounce();

  const onEvent = (event: EventFrame) => {
    const members = client.getQueryData<List<Member>>(keys.members(orgId))?.items ?? [];
    const { subject, text } = eventSentence(event, (userId) => peopleOf(members, session)(userId).name);
    announce(`${isolated(subject)} ${isolated(text)}`);

    if (event.event_type.startsWith('member.')) void client.invalidateQueries({ queryKey: keys.members(orgId) });
    const id = resourceOf(event);
    if (id === null) return;
    // The event holds all that the list shows: update it in place, so that a burst of events is not a burst of requests.
    client.setQueryData<List<ResourceSummary>>(keys.resources(orgId), (list) => list && applied(list, event));
    void client.invalidateQueries({ queryKey: keys.resource(orgId, id) });
  };

  const onRefetch = () => {
    for (const queryKey of keys.ofEvents(orgId)) void client.invalidateQueries({ queryKey });
  };
  return { onEvent, onRefetch };
}

function resourceOf(event: EventFrame): string | null {
  const isResource = event.event_type.startsWith('resource.');
  const { resource_id: id } = event.data;
  return isResource && typeof id === 'string' ? id : null;
}

/** The list after an event. Idempotent. */
function applied(list: List<ResourceSummary>, event: EventFrame): List<ResourceSummary> {
  if (isEvent(event, 'resource.deleted')) {
    return { ...list, items: list.items.filter(({ id }) => id !== event.data.resource_id) };
  }
  if (!isEvent(event, 'resource.created') && !isEvent(event, 'resource.updated')) return list;
  const { resource_id: id, resource_name: name, sensitivity, timestamp } = event.data;
  const known = list.items.find((each) => each.id === id);
  if (known === undefined) {
    const created = { id, name, sensitivity, created_at: timestamp, updated_at: timestamp };
    return event.event_type === 'resource.created' ? { ...list, items: [...list.items, created] } : list;
  }
  const changed = { ...known, name, sensitivity, updated_at: timestamp };
  return { ...list, items: list.items.map((each) => (each === known ? changed : each)) };
}
