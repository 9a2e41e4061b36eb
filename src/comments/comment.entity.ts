import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** What a member has said about a resource. It goes with the resource. */
@Entity('comments')
export class Comment {
  @PrimaryColumn('uuid')
  id: string;

  @Column({ name: 'resource_id', type: 'uuid' })
  resourceId: string;

  /** Who said it; need not be a member any more. */
  @Column({ type: 'varchar', length: 255 })
  author: string;

  @Column('text')
  body: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;
}
