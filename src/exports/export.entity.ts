import { API_PREFIX } from '../http/configure-http.js';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export type ExportFormat = 'csv' | 'json';

export const EXPORT_FORMATS = ['csv', 'json'] as const satisfies readonly ExportFormat[];

export type ExportStatus = 'queued' | 'running' | 'completed' | 'failed';

export const EXPORT_STATUSES = ['queued', 'running', 'completed', 'failed'] as const satisfies readonly ExportStatus[];

/** A user's request to export an organization's resources to a file, and its progress. */
@Entity('exports')
export class Export {
  @PrimaryColumn('uuid')
  id: string;

  @Column({ name: 'org_id', type: 'uuid' })
  orgId: string;

  /** The user who requested it; only this user can see and download it. */
  @Column({ name: 'requested_by', type: 'varchar', length: 255 })
  requestedBy: string;

  @Column('text')
  format: ExportFormat;

  @Column('text')
  status: ExportStatus;

  /** In percent. */
  @Column('int')
  progress: number;

  /** Why it failed: a sentence for the user. */
  @Column({ type: 'text', nullable: true })
  error: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt: Date;

  /** Where the requester downloads it. */
  get downloadPath(): string {
    return `${API_PREFIX}/orgs/${this.orgId}/exports/${this.id}/download`;
  }

  get taskName(): string {
    return `Export of resources (${this.format.toUpperCase()})`;
  }
}
