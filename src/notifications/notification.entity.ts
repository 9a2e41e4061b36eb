import type { JsonObject } from '../realtime/index.js';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A notification in its user's inbox. */
@Entity('notifications')
export class Notification {
  /** A UUID v7; the inbox is ordered by it. */
  @PrimaryColumn('uuid')
  id: string;

  @Column('varchar', { name: 'user_id', length: 255 })
  userId: string;

  /** The notification as JSON, without its id. As text, because `jsonb` refuses some values and reorders fields. */
  @Column('text')
  content: string;

  @Column({ type: 'text', name: 'dedupe_key', nullable: true })
  dedupeKey: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, insert: false, update: false })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'read_at', precision: 3, nullable: true })
  readAt: Date | null;

  /** As published. */
  get notification(): JsonObject {
    return { ...(JSON.parse(this.content) as JsonObject), id: this.id };
  }
}
