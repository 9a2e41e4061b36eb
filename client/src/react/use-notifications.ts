import type { Notification } from './core.js';
import type { ProblemError } from './problem.js';

/** A notification in the inbox. */
export type NotificationItem = Notification & { id: string; read_at: string | null };

export interface NotificationsOptions {
  /** How many a page has: 1 to 100, 20 by default. */
  limit?: number;
}

export interface NotificationsView {
  /** Newest first, each once: the pages that were loaded, and what has come in since. */
  items: readonly NotificationItem[];
  /** Exact up to 99. */
  unreadCount: number;
  /** There are more than 99 unread. */
  hasMoreUnread: boolean;
  /** `error`: there is nothing to show, and `error` says why. It is tried again by itself. */
  status: 'loading' | 'ready' | 'error';
  /** Why the last request has failed, also of an action that was taken back; null once one has succeeded. */
  error: ProblemError | null;
  /** There are older ones to load. */
  hasMore: boolean;
  /** The next page is on its way. */
  isLoadingMore: boolean;
}

/** What can be done. The functions stay the same; their promises never reject: `error` says what went wrong. */
export interface NotificationsActions {
  loadMore: () => Promise<void>;
  /** Shows it as read at once, and takes that back if the server refuses. */
  markRead: (id: string) => Promise<void>;
  /** All that are on show and older ones: what comes in meanwhile stays unread. */
  markAllRead: () => Promise<void>;
  remove: (id: string) => Promise<void>;
  reload: () => Promise<void>;
}

/** The user's inbox, live and in step with the user's other devices. Components with the same limit share one list. */
export function useNotifications(_options: NotificationsOptions = {}): NotificationsView & NotificationsActions {
  const nothing = () => Promise.resolve();
  return {
    items: [],
    unreadCount: 0,
    hasMoreUnread: false,
    status: 'loading',
    error: null,
    hasMore: false,
    isLoadingMore: false,
    loadMore: nothing,
    markRead: nothing,
    markAllRead: nothing,
    remove: nothing,
    reload: nothing,
  };
}

/** Calls the listener, always the latest one, with each notification that arrives while mounted, ephemeral ones too. */
export function useNotification(_listener: (notification: Notification) => void): void {}
