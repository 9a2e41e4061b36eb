import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Inbox, type JsonObject, type NewNotification, type Stored } from '../realtime/index.js';
import { Notification } from './notification.entity.js';
import { PreferencesService } from './preferences.service.js';

/** Where the engine keeps notifications. */
@Injectable()
export class NotificationInbox extends Inbox {
  constructor(private readonly preferences: PreferencesService) {
    super();
  }

  override async store({ id, userId, content, dedupeKey }: NewNotification, manager: EntityManager): Promise<Stored> {
    if (typeof content.type === 'string' && (await this.preferences.isMuted(userId, content.type, manager))) {
      return { outcome: 'muted' };
    }
    const row = { id, userId, content: JSON.stringify(content), dedupeKey };
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(Notification)
      .values(row)
      .orIgnore()
      .returning('id')
      .execute();
    const isNew = Array.isArray(inserted.raw) && inserted.raw.length > 0;
    return isNew ? { outcome: 'stored' } : this.first(userId, dedupeKey, manager);
  }

  override isMuted(userId: string, type: string): Promise<boolean> {
    return this.preferences.isMuted(userId, type);
  }

  /** The one whose key stood in the way. */
  private async first(userId: string, dedupeKey: string | null, manager: EntityManager): Promise<Stored> {
    const row = await manager.findOneByOrFail(Notification, { userId, dedupeKey: dedupeKey ?? '' });
    return { outcome: 'repeated', id: row.id, content: JSON.parse(row.content) as JsonObject };
  }
}
