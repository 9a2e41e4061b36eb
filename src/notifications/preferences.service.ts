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

const ARE_MUTED = `
  SELECT EXISTS (
    SELECT FROM notification_preferences
    WHERE notification_preferences.user_id = asked.user_id AND asked.type = ANY (notification_preferences.muted)
  ) AS is_muted
  FROM unnest($1::varchar[], $2::text[]) WITH ORDINALITY AS asked (user_id, type, place)
  ORDER BY place`;

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

  /** Whether each user has muted a type, in the given order. */
  async areMuted(
    asked: readonly { userId: string; type: string }[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<boolean[]> {
    // Postgres holds no NUL, so nobody has muted a type with one.
    const isMutable = asked.map(({ type }) => !UNMUTABLE.includes(type) && !type.includes('\0'));
    if (!isMutable.includes(true)) return asked.map(() => false);
    const rows = await manager.query<{ is_muted: boolean }[]>(ARE_MUTED, [
      asked.map(({ userId }) => userId),
      asked.map(({ type }, n) => (isMutable[n] === true ? type : '')),
    ]);
    return rows.map(({ is_muted }, n) => is_muted && isMutable[n] === true);
  }
}
