import type { EventFrame } from '@herald/client';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.js';

/** An event, and when it came: not all of them say so themselves. */
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

/** What has happened in an organization while it was on show; kept for as long as somebody is signed in. */
export function useEventHistory(orgId: string): EventHistory {
  const client = useQueryClient();
  const queryKey = keys.events(orgId);
  // Nothing to ask a server for: the history has its place beside its answers.
  const { data: past = [] } = useQuery<readonly PastEvent[]>({ queryKey, queryFn: skipToken, gcTime: Infinity });
  const add = (event: EventFrame) => {
    const arrived = { event, arrivedAt: new Date().toISOString() };
    client.setQueryData<readonly PastEvent[]>(queryKey, (before = []) => {
      return [arrived, ...before.filter((each) => each.event.cursor !== event.cursor)].slice(0, KEPT);
    });
  };
  return { past, add };
}
