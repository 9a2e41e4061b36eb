import type { Cell } from './cell.js';
import { applyChange, confirms, type InboxChange, type NotificationItem } from './inbox-change.js';
import type { NotificationsView } from './inbox-view.js';

/** The items shown, and their changes while requests are pending. */
export class InboxItems {
  /** Changes since each pending request began, as its answer may be older than they are. */
  private readonly journals = new Set<InboxChange[]>();
  /** Local changes that the server has not confirmed. */
  private readonly pending = new Set<InboxChange>();
  private readonly deleted = new Set<string>();

  constructor(private readonly view: Cell<NotificationsView>) {}

  find(id: string): NotificationItem | undefined {
    return this.view.get().items.find((item) => item.id === id);
  }

  wasDeleted(id: string): boolean {
    return this.deleted.has(id);
  }

  apply(change: InboxChange): void {
    for (const journal of this.journals) journal.push(change);
    if (change.kind === 'deleted') for (const id of change.ids) this.deleted.add(id);
    if (change.kind === 'arrived') this.deleted.delete(change.item.id);
    this.view.put({ items: applyChange(this.view.get().items, change) });
  }

  /** Applies a change from the server. */
  hear(change: InboxChange): void {
    for (const done of this.pending) if (confirms(change, done)) this.pending.delete(done);
    this.apply(change);
  }

  /**
   * Applies a local change before the server confirms it.
   * @returns a function that settles it, and says whether it was still unconfirmed
   */
  propose(change: InboxChange): () => boolean {
    this.pending.add(change);
    this.apply(change);
    return () => this.pending.delete(change);
  }

  /** Runs a request with a journal of changes, which starts with the unconfirmed ones. */
  async during<T>(request: (journal: readonly InboxChange[]) => Promise<T>): Promise<T> {
    const journal = [...this.pending];
    this.journals.add(journal);
    try {
      return await request(journal);
    } finally {
      this.journals.delete(journal);
    }
  }
}
