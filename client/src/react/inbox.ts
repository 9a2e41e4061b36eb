import type { NotificationFrames } from '../connection.js';
import type { InboxFrame, NotificationFrame } from '../frames.js';
import { Cell } from './cell.js';
import { applyChange, changeOf, type InboxChange, type NotificationItem, withItems } from './inbox-change.js';
import { InboxActions } from './inbox-actions.js';
import { InboxItems } from './inbox-items.js';
import { EMPTY_INBOX } from './inbox-view.js';
import { keepLoaded } from './keep-loaded.js';
import { Lease } from './lease.js';
import type { LiveEndpoint } from './live-endpoint.js';
import { asProblem, Loading } from './loading.js';
import type { ProblemError } from './problem.js';
import type { Rest } from './rest.js';
import { UnreadCount } from './unread-count.js';

interface Page {
  items: NotificationItem[];
  next_cursor: string | null;
}

/** The user's inbox: loaded pages, updated by frames and by local changes. */
export class Inbox {
  private readonly view = new Cell(EMPTY_INBOX);
  private readonly items = new InboxItems(this.view);
  private readonly lease = new Lease(() => this.start());
  private readonly loading = new Loading(
    (signal) => this.load(signal),
    (error) => this.fail(error),
  );
  private readonly count: UnreadCount;
  readonly actions: InboxActions;
  /** Aborts when the last component that shows it is gone. */
  private life = new AbortController();
  private nextCursor: string | null = null;

  constructor(
    private readonly rest: Rest,
    private readonly endpoint: LiveEndpoint<NotificationFrames>,
    private readonly limit: number,
  ) {
    this.count = new UnreadCount(rest, this.view.get, (unread) => this.view.put(unread));
    this.actions = new InboxActions(rest, this.view, this.items, this.count);
  }

  readonly snapshot = this.view.get;

  readonly subscribe = this.lease.holding(this.view.listen);

  /** Ends at once if nothing holds it. */
  expire(): void {
    this.lease.expire();
  }

  readonly reload = (): Promise<void> => this.loading.now();

  readonly loadMore = async (): Promise<void> => {
    const { signal } = this.life;
    const cursor = this.nextCursor;
    if (cursor === null || this.view.get().isLoadingMore) return;
    this.view.put({ isLoadingMore: true });
    try {
      await this.items.during(async (journal) => {
        const page = await this.fetchPage(signal, cursor);
        // A reload may have started again at the first page.
        if (!signal.aborted && this.nextCursor === cursor) this.show(page, this.view.get().items, journal);
      });
    } catch (error) {
      if (!signal.aborted) this.view.put({ error: asProblem(error) });
    } finally {
      this.view.put({ isLoadingMore: false });
    }
  };

  private start(): () => void {
    this.life = new AbortController();
    this.count.start();
    const offs = [
      this.endpoint.on('notification', (frame) => this.arrive(frame)),
      this.endpoint.on('inbox', (frame) => this.hear(frame)),
      keepLoaded(this.endpoint, this.loading, true),
    ];
    return () => {
      this.life.abort();
      this.count.stop();
      for (const off of offs) off();
    };
  }

  private load(signal: AbortSignal): Promise<void> {
    return this.items.during(async (journal) => {
      const [page, unread] = await Promise.all([this.fetchPage(signal), this.count.fetch(signal)]);
      if (signal.aborted) return;
      this.show(page, [], journal);
      this.view.put({ ...unread, status: 'ready' });
      if (journal.length > 0) this.count.doubt();
    });
  }

  private fetchPage(signal: AbortSignal, cursor?: string): Promise<Page> {
    const query = new URLSearchParams({ limit: String(this.limit), ...(cursor !== undefined && { cursor }) });
    return this.rest.get<Page>(`/notifications?${query}`, signal);
  }

  /** Appends a page to the ones before it. */
  private show(page: Page, before: readonly NotificationItem[], journal: readonly InboxChange[]): void {
    this.nextCursor = page.next_cursor;
    const items = journal.reduce(applyChange, withItems(before, page.items));
    this.view.put({ items, hasMore: page.next_cursor !== null, error: null });
  }

  private fail(error: ProblemError): void {
    const { status } = this.view.get();
    this.view.put({ error, status: status === 'ready' ? 'ready' : 'error' });
  }

  private arrive({ notification }: NotificationFrame): void {
    const { id } = notification;
    // Ephemeral ones are not in the inbox. A server that lost its history may repeat some.
    if (id === undefined || this.items.wasDeleted(id)) return;
    if (this.items.find(id)) {
      // The loaded page had it, but the count may not have.
      this.count.doubt();
      return;
    }
    const { items, hasMore } = this.view.get();
    const oldest = items.at(-1);
    // An older one belongs on a later page.
    if (hasMore && oldest !== undefined && id < oldest.id) this.count.doubt();
    else {
      this.items.apply({ kind: 'arrived', item: { ...notification, id, read_at: null } });
      this.count.increase(id);
    }
  }

  private hear(frame: InboxFrame): void {
    this.items.hear(changeOf(frame, new Date().toISOString()));
    this.count.hear(frame);
  }
}
