import type { InboxFrame } from '../frames.js';
import type { Rest } from './rest.js';

/** A count and a frame this close together may or may not cover the same notification. */
const DOUBTFUL_MS = 2_000;
/** The `Date` of an answer has whole seconds. */
const DATE_STEP_MS = 1_000;
/** After a recount that failed. */
const RETRY_MS = 10_000;
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
  /** By this device's clock. */
  private fetchedAt = -Infinity;
  /** By the server's clock, at the earliest; NaN if the answer had no date. */
  private countedAt = -Infinity;
  /** How many frames have changed the count. */
  private changes = 0;

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
    const { answer, date } = await this.rest.getDated<Counted>('/notifications/unread_count', signal);
    this.fetchedAt = performance.now();
    this.countedAt = date;
    return unreadOf(answer);
  }

  /** Counts a notification whose frame has arrived, which a slow machine may see long after it was counted. */
  increase(id: string): void {
    this.changes += 1;
    const { unreadCount, hasMoreUnread } = this.get();
    this.put({ unreadCount: Math.min(MOST, unreadCount + 1), hasMoreUnread: hasMoreUnread || unreadCount >= MOST });
    const isNewer = createdAt(id) > this.countedAt + DATE_STEP_MS + DOUBTFUL_MS;
    if (!isNewer) this.doubt();
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
    this.changes += 1;
    if (performance.now() - this.fetchedAt < DOUBTFUL_MS) this.doubt();
    this.put(unreadOf(frame));
  }

  /** Schedules a recount. */
  doubt(delayMs = DOUBTFUL_MS): void {
    if (this.controller.signal.aborted) return;
    this.timer ??= setTimeout(() => void this.recount(), delayMs);
  }

  private async recount(): Promise<void> {
    const { signal } = this.controller;
    const { changes } = this;
    this.timer = undefined;
    try {
      const unread = await this.fetch(signal);
      if (signal.aborted) return;
      this.put(unread);
      if (this.changes !== changes) this.doubt();
    } catch {
      this.doubt(RETRY_MS);
    }
  }
}

/** In milliseconds, as a UUID of version 7 says (RFC 9562, section 5.7). */
function createdAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

function unreadOf({ unread_count, has_more }: Counted): Unread {
  return { unreadCount: unread_count, hasMoreUnread: has_more };
}
