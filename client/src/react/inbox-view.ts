import type { NotificationItem } from './inbox-change.js';
import type { ProblemError } from './problem.js';

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

export const EMPTY_INBOX: NotificationsView = {
  items: [],
  unreadCount: 0,
  hasMoreUnread: false,
  status: 'loading',
  error: null,
  hasMore: false,
  isLoadingMore: false,
};

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
