import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The notification types that a user has muted. */
@Entity('notification_preferences')
export class NotificationPreference {
  @PrimaryColumn('varchar', { name: 'user_id', length: 255 })
  userId: string;

  @Column('text', { array: true })
  muted: string[];
}
