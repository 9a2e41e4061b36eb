import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * `frame`: a message of a stream. The others are signals to all nodes: `revocation` closes connections, `announcement`
 * goes to everyone online.
 */
export type OutboxKind = 'frame' | 'revocation' | 'announcement';

/** A message waiting to be published, written in the transaction of the change that it reports. */
@Entity('realtime_outbox')
export class OutboxMessage {
  /** The message's id; also its default idempotency key, which makes publishing it twice harmless. */
  @PrimaryColumn('uuid')
  id: string;

  /** Assigned by the database: orders a channel's messages. */
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

  /** The echo key of the connection that it is not sent to. */
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
