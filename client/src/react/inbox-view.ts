import type { NotificationItem } from './inbox-change.js';
import type { ProblemError } from './problem.js';

export interface NotificationsView {
  /** Newest first, each once: the loaded pages, and what has arrived since. */
  items: readonly NotificationItem[];
  /** Exact up to 99. */
  unreadCount: number;
  /** More than 99 are unread. */
  hasMoreUnread: boolean;
  /** `error`: there is nothing to show; `error` says why. Temporary failures are retried. */
  status: 'loading' | 'ready' | 'error';
  /** Why the last request failed, including that of an undone action; null after the next success. */
  error: ProblemError | null;
  hasMore: boolean;
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

/** The functions keep their identity. Their promises never reject: `error` says what went wrong. */
export interface NotificationsActions {
  loadMore: () => Promise<void>;
  /** Shows it as read at once, and undoes that if the server refuses. */
  markRead: (id: string) => Promise<void>;
  /** Marks everything up to the newest item shown; later arrivals stay unread. */
  markAllRead: () => Promise<void>;
  remove: (id: string) => Promise<void>;
  reload: () => Promise<void>;
}
