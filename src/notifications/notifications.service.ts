import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In, IsNull, LessThan, LessThanOrEqual } from 'typeorm';
import { type Page, pageOf, type PageQuery, uuidCursor } from '../http/pagination.js';
import { BroadcastService, type JsonObject } from '../realtime/index.js';
import { deleteInBatches, inBatches } from '../realtime/support/in-batches.js';
import { Notification } from './notification.entity.js';

/** Unread notifications are counted up to this number. */
const MOST_COUNTED = 99;

export interface UnreadCount {
  unread_count: number;
  /** True if there are more than `unread_count`. */
  has_more: boolean;
}

/** Users' inboxes. Publishes every change to all of the user's connections. */
@Injectable()
export class NotificationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  /** Newest first. */
  async list(userId: string, unreadOnly: boolean, { limit, cursor }: PageQuery): Promise<Page<Notification>> {
    const before = uuidCursor(cursor);
    const rows = await this.dataSource.getRepository(Notification).find({
      where: { userId, ...(before !== null && { id: LessThan(before) }), ...(unreadOnly && { readAt: IsNull() }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    return pageOf(rows, limit, ({ id }) => id);
  }

  /** Reads only as much of the index as it counts. */
  async countUnread(userId: string, manager: EntityManager = this.dataSource.manager): Promise<UnreadCount> {
    const unread = await manager.find(Notification, {
      select: { id: true },
      where: { userId, readAt: IsNull() },
      take: MOST_COUNTED + 1,
    });
    return { unread_count: Math.min(unread.length, MOST_COUNTED), has_more: unread.length > MOST_COUNTED };
  }

  /** @throws {NotFoundException} if it does not exist or is another user's */
  read(userId: string, id: string): Promise<void> {
    return this.change(userId, { action: 'read', ids: [id] }, async (manager) => {
      const { affected } = await manager.update(Notification, { id, userId, readAt: IsNull() }, { readAt: new Date() });
      if (affected === 0 && !(await manager.existsBy(Notification, { id, userId }))) throw noSuchNotification();
      return affected !== 0;
    });
  }

  /** @param upTo the newest notification seen: newer ones stay unread. Null: marks all */
  async readAll(userId: string, upTo: string | null): Promise<void> {
    const what = { action: 'read_all', ids: [], up_to: upTo };
    const where = { userId, readAt: IsNull(), ...(upTo !== null && { id: LessThanOrEqual(upTo) }) };
    await inBatches(async (limit) => {
      let count = 0;
      await this.change(userId, what, async (manager) => {
        const unread = await manager.find(Notification, { select: { id: true }, where, take: limit });
        count = unread.length;
        const ids = In(unread.map(({ id }) => id));
        if (count > 0) await manager.update(Notification, { id: ids, readAt: IsNull() }, { readAt: new Date() });
        return count > 0;
      });
      return count;
    });
  }

  /** @throws {NotFoundException} if it does not exist or is another user's */
  delete(userId: string, id: string): Promise<void> {
    return this.change(userId, { action: 'deleted', ids: [id] }, async (manager) => {
      const { affected } = await manager.delete(Notification, { id, userId });
      if (affected === 0) throw noSuchNotification();
      return true;
    });
  }

  /** Deletes older notifications; resolves with their number. */
  deleteOlderThan(days: number): Promise<number> {
    const isOld = 'created_at < now() - make_interval(days => $1)';
    return deleteInBatches(this.dataSource, { table: 'notifications', by: 'created_at', isOld }, [days]);
  }

  private change(userId: string, what: JsonObject, work: (manager: EntityManager) => Promise<boolean>): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await work(manager))) return;
      const count = await this.countUnread(userId, manager);
      await this.broadcast.broadcastInboxChange(userId, { ...what, ...count }, manager);
    });
  }
}

function noSuchNotification(): NotFoundException {
  return new NotFoundException('There is no such notification.');
}
