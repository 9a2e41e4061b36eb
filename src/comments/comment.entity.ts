import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A member's comment on a resource, deleted with the resource. */
@Entity('comments')
export class Comment {
  @PrimaryColumn('uuid')
  id: string;

  @Column({ name: 'resource_id', type: 'uuid' })
  resourceId: string;

  /** The author's user id; the author may have left the organization. */
  @Column({ type: 'varchar', length: 255 })
  author: string;

  @Column('text')
  body: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;
}
