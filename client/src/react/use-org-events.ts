import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../connection.js';
import type { EventFrame } from '../frames.js';
import { EventLog } from './event-log.js';
import { useSession } from './provider.js';
import { useConnectionState } from './use-connection.js';
import { useLatest } from './use-latest.js';

/** An event with `event_type`, `data` and `cursor`. The catalogue types `data` if `types` is given, or after `isEvent`. */
export type OrgEvent<T extends string = string> = T extends string ? EventFrame<T> : never;

export interface OrgEventsOptions<T extends string = string> {
  /** Only these; all by default. */
  types?: readonly T[];
  /** How many to keep: 100 by default. */
  limit?: number;
  /** The latest one is called with each event that arrives while mounted. */
  onEvent?: (event: OrgEvent<T>) => void;
  /** Called when events may have been lost: fetch what they are about again. */
  onRefetch?: () => void;
}

export interface OrgEventsView<T extends string = string> {
  /** Events that arrived since the component was mounted, newest first. */
  events: readonly OrgEvent<T>[];
  state: ConnectionState;
}

/** An organization's events as they happen. Null connects to nothing. */
export function useOrgEvents<T extends string = string>(
  orgId: string | null,
  { types, limit = 100, onEvent, onRefetch }: OrgEventsOptions<T> = {},
): OrgEventsView<T> {
  const session = useSession();
  const endpoint = orgId === null ? null : session.events(orgId);
  // Applications pass a new array with each render.
  const key = types === undefined ? null : JSON.stringify(types);
  const log = useMemo(() => {
    return new EventLog(endpoint, key === null ? null : (JSON.parse(key) as string[]), limit);
  }, [endpoint, key, limit]);
  const events = useSyncExternalStore(log.subscribe, log.snapshot, log.snapshot);
  const state = useConnectionState(orgId === null ? null : { orgId });
  const latest = useLatest({ onEvent, onRefetch });
  useEffect(
    () => endpoint?.on('event', (event) => log.takes(event) && latest.current.onEvent?.(event as OrgEvent<T>)),
    [endpoint, log, latest],
  );
  useEffect(() => endpoint?.on('refetch', () => latest.current.onRefetch?.()), [endpoint, latest]);
  // The log only takes events of `types`.
  return { events: events as readonly OrgEvent<T>[], state };
}
