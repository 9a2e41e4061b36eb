import { segment } from '../segment.js';
import type { Cell } from './cell.js';
import type { InboxChange } from './inbox-change.js';
import type { InboxItems } from './inbox-items.js';
import type { NotificationsView } from './inbox-view.js';
import { asProblem } from './loading.js';
import { ProblemError } from './problem.js';
import type { Rest } from './rest.js';
import type { UnreadCount } from './unread-count.js';

/** The user's changes to the inbox: shown at once, undone if the server refuses. They outlive the component that made them. */
export class InboxActions {
  constructor(
    private readonly rest: Rest,
    private readonly view: Cell<NotificationsView>,
    private readonly items: InboxItems,
    private readonly count: UnreadCount,
  ) {}

  readonly markRead = async (id: string): Promise<void> => {
    const item = this.items.find(id);
    if (item && item.read_at !== null) return;
    const change: InboxChange = { kind: 'read', ids: [id], at: new Date().toISOString() };
    const undo: InboxChange = { kind: 'unread', ids: [id] };
    await this.act(change, undo, item ? 1 : 0, 'POST', `/notifications/${segment(id)}/read`);
  };

  readonly markAllRead = async (): Promise<void> => {
    const { items, unreadCount } = this.view.get();
    const [newest] = items;
    if (newest === undefined) return;
    const change: InboxChange = { kind: 'read_all', upTo: newest.id, at: new Date().toISOString() };
    const unread = items.filter((item) => item.read_at === null).map((item) => item.id);
    const undo: InboxChange = { kind: 'unread', ids: unread };
    await this.act(change, undo, unreadCount, 'POST', '/notifications/read_all', { up_to: newest.id });
  };

  readonly remove = async (id: string): Promise<void> => {
    const item = this.items.find(id);
    const change: InboxChange = { kind: 'deleted', ids: [id] };
    const undo: InboxChange | null = item ? { kind: 'arrived', item } : null;
    const unread = item?.read_at === null ? 1 : 0;
    await this.act(change, undo, unread, 'DELETE', `/notifications/${segment(id)}`);
  };

  /** @param unread by how many the unread count falls */
  private async act(
    change: InboxChange,
    undo: InboxChange | null,
    unread: number,
    method: string,
    path: string,
    body?: object,
  ): Promise<void> {
    const settle = this.items.propose(change);
    const before = this.count.decrease(unread);
    try {
      await this.rest.request(method, path, { body });
      settle();
      this.view.put({ error: null });
    } catch (error) {
      const isUnconfirmed = settle();
      this.count.doubt();
      const isGone = error instanceof ProblemError && error.status === 404;
      // Another device was faster.
      if (isGone && change.kind === 'deleted') return;
      if (isGone && change.kind === 'read') this.items.apply({ kind: 'deleted', ids: change.ids });
      else if (isUnconfirmed && undo) {
        this.items.apply(undo);
        this.view.put(before);
      }
      this.view.put({ error: asProblem(error) });
    }
  }
}
