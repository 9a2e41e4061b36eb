import type { Cell } from './cell.js';
import { applyChange, confirms, type InboxChange, type NotificationItem } from './inbox-change.js';
import type { NotificationsView } from './inbox-view.js';

/** The items on show, and what happens to them while requests are under way. */
export class InboxItems {
  /** Each has what has happened since a request began: its answer may be older than that. */
  private readonly journals = new Set<InboxChange[]>();
  /** What was done here, and the server has not agreed to yet. */
  private readonly pending = new Set<InboxChange>();
  private readonly deleted = new Set<string>();

  constructor(private readonly view: Cell<NotificationsView>) {}

  find(id: string): NotificationItem | undefined {
    return this.view.get().items.find((item) => item.id === id);
  }

  /** Whether it was here, and is no more. */
  wasDeleted(id: string): boolean {
    return this.deleted.has(id);
  }

  apply(change: InboxChange): void {
    for (const journal of this.journals) journal.push(change);
    if (change.kind === 'deleted') for (const id of change.ids) this.deleted.add(id);
    if (change.kind === 'arrived') this.deleted.delete(change.item.id);
    this.view.put({ items: applyChange(this.view.get().items, change) });
  }

  /** Applies what the server tells of. */
  hear(change: InboxChange): void {
    for (const done of this.pending) if (confirms(change, done)) this.pending.delete(done);
    this.apply(change);
  }

  /** Applies what the server has yet to agree to. Gives what says whether it had not even been told of by then. */
  propose(change: InboxChange): () => boolean {
    this.pending.add(change);
    this.apply(change);
    return () => this.pending.delete(change);
  }

  /** Writes down what happens during a request, from what is not agreed to yet on. */
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
