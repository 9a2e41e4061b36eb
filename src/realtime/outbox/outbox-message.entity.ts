import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MessageKind } from '../broker/broker.js';

/** A message that waits for its publication, written in the transaction of the change it tells of. */
@Entity('realtime_outbox')
export class OutboxMessage {
  /** The message's id, and what makes publishing it twice harmless. */
  @PrimaryColumn('uuid')
  id: string;

  /** Given out by the database: the order of a channel's messages. */
  @Column({ type: 'bigint', insert: false, update: false })
  sequence: string;

  /** `Channel.name` */
  @Column('text')
  channel: string;

  @Column('text')
  kind: MessageKind;

  @Column('text')
  body: string;

  @Column({ type: 'text', name: 'idempotency_key', nullable: true })
  idempotencyKey: string | null;

  /** The echo key of the connection that it is not for. */
  @Column({ type: 'text', nullable: true })
  except: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, insert: false, update: false })
  createdAt: Date;

  /** Where it was last published. */
  @Column({ type: 'text', nullable: true })
  cursor: string | null;

  /** Null until the broker has accepted the message. */
  @Column({ type: 'timestamptz', name: 'published_at', precision: 3, nullable: true })
  publishedAt: Date | null;
}
