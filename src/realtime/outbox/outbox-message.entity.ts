import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * `frame`: a message of a stream. The others are signals to all nodes: `revocation` ends connections, `announcement` is for
 * everybody.
 */
export type OutboxKind = 'frame' | 'revocation' | 'announcement';

/** A message that waits for its publication, written in the transaction of the change it tells of. */
@Entity('realtime_outbox')
export class OutboxMessage {
  /** The message's id, and what makes publishing it twice harmless. */
  @PrimaryColumn('uuid')
  id: string;

  /** Given out by the database: the order of a channel's messages. */
  @Column({ type: 'bigint', insert: false, update: false })
  sequence: string;

  /** The name of a `Channel`, or of a `Topic`. */
  @Column('text')
  channel: string;

  @Column('text')
  kind: OutboxKind;

  /** The JSON text of an object. */
  @Column('text')
  body: string;

  @Column({ type: 'text', name: 'idempotency_key', nullable: true })
  idempotencyKey: string | null;

  /** The echo key of the connection that it is not for. */
  @Column({ type: 'text', nullable: true })
  except: string | null;

  /** When the row was written, by the database's clock. */
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, insert: false, update: false })
  createdAt: Date;

  /** Where it was last published. */
  @Column({ type: 'text', nullable: true })
  cursor: string | null;

  /** Null until the broker has accepted the message. */
  @Column({ type: 'timestamptz', name: 'published_at', precision: 3, nullable: true })
  publishedAt: Date | null;
}
