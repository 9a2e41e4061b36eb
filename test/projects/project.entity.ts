import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('projects')
export class Project {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'org_id' })
  orgId: string;

  @Column('text', { name: 'member_ids', array: true })
  memberIds: string[];

  @Column('boolean', { name: 'is_archived', default: false })
  isArchived: boolean;
}

/** What a migration of the application would do. */
export const CREATE_TABLE = `
  CREATE TABLE projects (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL,
    member_ids text[] NOT NULL,
    is_archived boolean NOT NULL DEFAULT false
  )`;
