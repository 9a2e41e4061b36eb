import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Notification } from '../frames.js';
import type { NotificationsActions, NotificationsView } from './inbox-view.js';
import { useSession } from './provider.js';
import { useConnection } from './use-connection.js';
import { useLatest } from './use-latest.js';

export interface NotificationsOptions {
  /** Page size: 1 to 100, 20 by default. */
  limit?: number;
}

/** The user's inbox, live and in sync with the user's other devices. Components with the same limit share one list. */
export function useNotifications({ limit = 20 }: NotificationsOptions = {}): NotificationsView & NotificationsActions {
  const inbox = useSession().inbox(limit);
  const view = useSyncExternalStore(inbox.subscribe, inbox.snapshot, inbox.snapshot);
  return useMemo(() => {
    const { loadMore, reload } = inbox;
    const { markRead, markAllRead, remove } = inbox.actions;
    return { ...view, loadMore, reload, markRead, markAllRead, remove };
  }, [inbox, view]);
}

/** Calls the latest listener with each notification that arrives while mounted, including ephemeral ones. */
export function useNotification(listener: (notification: Notification) => void): void {
  const connection = useConnection('notifications');
  const latest = useLatest(listener);
  useEffect(
    () => connection.on('notification', ({ notification }) => latest.current(notification)),
    [connection, latest],
  );
}
