import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { type Export, EXPORT_FORMATS, type ExportFormat, type ExportStatus } from './export.entity.js';

/** The body that asks for an export. */
export class RequestExportDto {
  @ApiProperty({ enum: EXPORT_FORMATS })
  @IsIn(EXPORT_FORMATS, { message: `$property must be one of ${EXPORT_FORMATS.join(', ')}` })
  format: ExportFormat;
}

/** An export in an answer. */
export class ExportDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ['queued', 'running', 'completed', 'failed'] })
  status: ExportStatus;

  @ApiProperty({ minimum: 0, maximum: 100 })
  progress: number;

  @ApiProperty({ type: String, nullable: true, description: 'The path of the download, once completed' })
  action_url: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed' })
  error: string | null;

  constructor({ id, status, progress, downloadPath, error }: Export) {
    this.id = id;
    this.status = status;
    this.progress = progress;
    this.action_url = status === 'completed' ? downloadPath : null;
    this.error = error;
  }
}
