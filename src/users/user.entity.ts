import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who has shown a valid token, as that token described them. */
@Entity('users')
export class User {
  /** The token's `sub`. */
  @PrimaryColumn({ type: 'varchar', length: 255 })
  id: string;

  @Column({ type: 'text', nullable: true })
  email: string | null;

  @Column({ type: 'text', nullable: true })
  name: string | null;

  /** When this description was first seen. */
  @Column({ name: 'seen_at', type: 'timestamptz', precision: 3 })
  seenAt: Date;
}
