import type { InboxFrame } from '../frames.js';
import type { Rest } from './rest.js';

/** A count and a frame that come as close together may tell of the same notification, or not. */
const DOUBTFUL_MS = 2_000;
/** The server counts no further. */
const MOST = 99;

export interface Unread {
  unreadCount: number;
  hasMoreUnread: boolean;
}

interface Counted {
  unread_count: number;
  has_more: boolean;
}

/** How many are unread: counted by the server, kept up by frames, and counted again where that may have gone wrong. */
export class UnreadCount {
  private controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private countedAt = -Infinity;
  /** Not yet after a load: what was counted may come as a frame however much later, on a slow machine. */
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

  /** Asks the server, and shows nothing yet. */
  async fetch(signal: AbortSignal): Promise<Unread> {
    const counted = await this.rest.get<Counted>('/notifications/unread_count', signal);
    this.countedAt = performance.now();
    this.isSure = false;
    return unreadOf(counted);
  }

  /** One more has come. */
  increase(): void {
    const { unreadCount, hasMoreUnread } = this.get();
    this.put({ unreadCount: Math.min(MOST, unreadCount + 1), hasMoreUnread: hasMoreUnread || unreadCount >= MOST });
    if (!this.isSure || performance.now() - this.countedAt < DOUBTFUL_MS) this.doubt();
  }

  /** Fewer are unread by what was done here. Gives what there was before. */
  decrease(by: number): Unread {
    const { unreadCount, hasMoreUnread } = this.get();
    if (!hasMoreUnread) this.put({ unreadCount: Math.max(0, unreadCount - by), hasMoreUnread });
    return { unreadCount, hasMoreUnread };
  }

  /** A frame has the count of its time. */
  hear(frame: InboxFrame): void {
    if (performance.now() - this.countedAt < DOUBTFUL_MS) this.doubt();
    this.put(unreadOf(frame));
  }

  /** Counts anew in a while. */
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
      // It was a guess that the count is wrong; where the server is not to be had, the next load counts.
    }
  }
}

function unreadOf({ unread_count, has_more }: Counted): Unread {
  return { unreadCount: unread_count, hasMoreUnread: has_more };
}
