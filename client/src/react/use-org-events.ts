import type { ConnectionState, EventFrame } from './core.js';

/** An event with `event_type`, `data` and `cursor`: `data` is known by the catalogue for one of `types`, or after `isEvent`. */
export type OrgEvent<T extends string = string> = T extends string ? EventFrame<T> : never;

export interface OrgEventsOptions<T extends string = string> {
  /** Only these; all by default. */
  types?: readonly T[];
  /** How many are kept: 100 by default. */
  limit?: number;
  /** Called, always the latest one, with each event that arrives while mounted. */
  onEvent?: (event: OrgEvent<T>) => void;
  /** Called when events may have been missed for good: fetch anew what they are about. */
  onRefetch?: () => void;
}

export interface OrgEventsView<T extends string = string> {
  /** Those that have arrived since the component was mounted, newest first. */
  events: readonly OrgEvent<T>[];
  state: ConnectionState;
}

/** The events of an organization as they happen. Null connects to none. */
export function useOrgEvents<T extends string = string>(
  _orgId: string | null,
  _options: OrgEventsOptions<T> = {},
): OrgEventsView<T> {
  return { events: [], state: { status: 'connecting', reconnects: 0 } };
}
