import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** How confidential a resource is. */
export type Sensitivity = 'public' | 'normal' | 'confidential';

export const SENSITIVITIES = ['public', 'normal', 'confidential'] as const satisfies readonly Sensitivity[];

/** Something that an organization owns and its members work on. */
@Entity('resources')
export class Resource {
  @PrimaryColumn('uuid')
  id: string;

  @Column({ name: 'org_id', type: 'uuid' })
  orgId: string;

  @Column('text')
  name: string;

  @Column('text')
  sensitivity: Sensitivity;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt: Date;
}
