import type { EventFrame } from '@herald/client';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.js';

/** An event with its arrival time, as not all events have a timestamp. */
export interface PastEvent {
  event: EventFrame;
  /** ISO 8601. */
  arrivedAt: string;
}

const KEPT = 200;

interface EventHistory {
  /** Newest first. */
  past: readonly PastEvent[];
  add: (event: EventFrame) => void;
}

/** The events of an organization while it was shown, kept until the user signs out. */
export function useEventHistory(orgId: string): EventHistory {
  const client = useQueryClient();
  const queryKey = keys.events(orgId);
  // Never fetched: the query cache only stores the history.
  const { data: past = [] } = useQuery<readonly PastEvent[]>({ queryKey, queryFn: skipToken, gcTime: Infinity });
  const add = (event: EventFrame) => {
    const arrived = { event, arrivedAt: new Date().toISOString() };
    client.setQueryData<readonly PastEvent[]>(queryKey, (before = []) => {
      return [arrived, ...before.filter((each) => each.event.cursor !== event.cursor)].slice(0, KEPT);
    });
  };
  return { past, add };
}
