import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidInputError } from '../realtime/support/errors.js';
import { NotificationPreference } from './notification-preference.entity.js';

/** Types that everyone has to see. */
const UNMUTABLE: readonly string[] = ['system.alert'];

/** One statement, as `save` reads first: of two concurrent first writes, one would fail. */
const WRITE = `
  INSERT INTO notification_preferences (user_id, muted) VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE SET muted = excluded.muted`;

/** Stores the notification types that users have muted. */
@Injectable()
export class PreferencesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async mutedBy(userId: string): Promise<string[]> {
    return (await this.dataSource.getRepository(NotificationPreference).findOneBy({ userId }))?.muted ?? [];
  }

  /** @throws {InvalidInputError} if one of the types can't be muted */
  async mute(userId: string, types: readonly string[]): Promise<string[]> {
    const refused = types.find((type) => UNMUTABLE.includes(type));
    if (refused !== undefined) {
      throw new InvalidInputError([{ field: 'muted', message: `muted must not hold ${refused}, which everyone gets` }]);
    }
    const muted = [...new Set(types)];
    await this.dataSource.query(WRITE, [userId, muted]);
    return muted;
  }

  async isMuted(userId: string, type: string, manager: EntityManager = this.dataSource.manager): Promise<boolean> {
    if (UNMUTABLE.includes(type)) return false;
    const preference = await manager.findOneBy(NotificationPreference, { userId });
    return preference?.muted.includes(type) ?? false;
  }
}
