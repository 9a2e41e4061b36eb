import type { InboxFrame } from '../frames.js';
import type { Rest } from './rest.js';

/** A count and a frame this close together may or may not cover the same notification. */
const DOUBTFUL_MS = 2_000;
/** The server counts up to this. */
const MOST = 99;

export interface Unread {
  unreadCount: number;
  hasMoreUnread: boolean;
}

interface Counted {
  unread_count: number;
  has_more: boolean;
}

/** The unread count: fetched, kept up to date by frames, and fetched again when it may be wrong. */
export class UnreadCount {
  private controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private countedAt = -Infinity;
  /** False after a load: a notification that was counted may still arrive as a frame, however late on a slow machine. */
  private isSure = true;

  constructor(
    private readonly rest: Rest,
    private readonly get: () => Unread,
    private readonly put: (unread: Unread) => void,
  ) {}

  start(): void {
    this.controller = new AbortController();
  }

  stop(): void {
    this.controller.abort();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Fetches the count without showing it. */
  async fetch(signal: AbortSignal): Promise<Unread> {
    const counted = await this.rest.get<Counted>('/notifications/unread_count', signal);
    this.countedAt = performance.now();
    this.isSure = false;
    return unreadOf(counted);
  }

  increase(): void {
    const { unreadCount, hasMoreUnread } = this.get();
    this.put({ unreadCount: Math.min(MOST, unreadCount + 1), hasMoreUnread: hasMoreUnread || unreadCount >= MOST });
    if (!this.isSure || performance.now() - this.countedAt < DOUBTFUL_MS) this.doubt();
  }

  /**
   * Lowers the count after a local change.
   * @returns the count before
   */
  decrease(by: number): Unread {
    const { unreadCount, hasMoreUnread } = this.get();
    if (!hasMoreUnread) this.put({ unreadCount: Math.max(0, unreadCount - by), hasMoreUnread });
    return { unreadCount, hasMoreUnread };
  }

  /** A frame carries the count as of its sending. */
  hear(frame: InboxFrame): void {
    if (performance.now() - this.countedAt < DOUBTFUL_MS) this.doubt();
    this.put(unreadOf(frame));
  }

  /** Schedules a recount. */
  doubt(): void {
    if (this.controller.signal.aborted) return;
    this.timer ??= setTimeout(() => void this.recount(), DOUBTFUL_MS);
  }

  private async recount(): Promise<void> {
    const { signal } = this.controller;
    this.timer = undefined;
    try {
      const unread = await this.fetch(signal);
      if (signal.aborted) return;
      this.put(unread);
      this.isSure = true;
    } catch {
      // The count was only possibly wrong; the next load fetches it again.
    }
  }
}

function unreadOf({ unread_count, has_more }: Counted): Unread {
  return { unreadCount: unread_count, hasMoreUnread: has_more };
}
