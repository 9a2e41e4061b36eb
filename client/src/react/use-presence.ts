import type { ProblemError } from './problem.js';

/** A user who is connected to an organization's events. */
export interface PresentMember {
  user_id: string;
  connections: number;
}

export interface PresenceView {
  /** Ordered by id. */
  members: readonly PresentMember[];
  /** `error`: there is nothing to show, and `error` says why. It is tried again by itself. */
  status: 'loading' | 'ready' | 'error';
  error: ProblemError | null;
}

/** Who is connected to an organization's events, on all nodes. Null: no one. */
export function usePresence(_orgId: string | null): PresenceView {
  return { members: [], status: 'loading', error: null };
}
