import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a user does not want to be notified of. */
@Entity('notification_preferences')
export class NotificationPreference {
  @PrimaryColumn('varchar', { name: 'user_id', length: 255 })
  userId: string;

  @Column('text', { array: true })
  muted: string[];
}
