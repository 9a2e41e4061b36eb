import { useSyncExternalStore } from 'react';
import type { PresenceView } from './attendance.js';
import { useSession } from './provider.js';

const NOBODY: PresenceView = { members: [], status: 'loading', error: null };

/** The users connected to an organization's events, on all nodes. Null: an empty list. */
export function usePresence(orgId: string | null): PresenceView {
  const session = useSession();
  const attendance = orgId === null ? null : session.attendance(orgId);
  const snapshot = attendance?.snapshot ?? nobody;
  return useSyncExternalStore(attendance?.subscribe ?? never, snapshot, snapshot);
}

function nobody(): PresenceView {
  return NOBODY;
}

function never(): () => void {
  return () => undefined;
}
