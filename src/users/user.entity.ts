import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A user who has presented a valid token, with the e-mail and name from it. */
@Entity('users')
export class User {
  /** The token's `sub`. */
  @PrimaryColumn({ type: 'varchar', length: 255 })
  id: string;

  @Column({ type: 'text', nullable: true })
  email: string | null;

  @Column({ type: 'text', nullable: true })
  name: string | null;

  /** When the current e-mail and name were first seen. */
  @Column({ name: 'seen_at', type: 'timestamptz', precision: 3 })
  seenAt: Date;
}
