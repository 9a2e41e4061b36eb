import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Inbox, type JsonObject, type NewNotification, type Stored } from '../realtime/index.js';
import { Notification } from './notification.entity.js';
import { PreferencesService } from './preferences.service.js';

/** The realtime engine's inbox. */
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
    for (;;) {
      const inserted = await manager
        .createQueryBuilder()
        .insert()
        .into(Notification)
        .values(row)
        .orIgnore()
        .returning('id')
        .execute();
      if (Array.isArray(inserted.raw) && inserted.raw.length > 0) return { outcome: 'stored' };
      const first = await manager.findOneBy(Notification, { userId, dedupeKey: dedupeKey ?? '' });
      // Null: the notification with the same key was deleted just now, so retry.
      if (first !== null) {
        return { outcome: 'repeated', id: first.id, content: JSON.parse(first.content) as JsonObject };
      }
    }
  }

  override isMuted(userId: string, type: string): Promise<boolean> {
    return this.preferences.isMuted(userId, type);
  }
}
