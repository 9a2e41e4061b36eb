import { ApiProperty, OmitType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { ResourceDto } from '../resources/resource.dto.js';
import { type Export, EXPORT_FORMATS, EXPORT_STATUSES, type ExportFormat, type ExportStatus } from './export.entity.js';

/** The body that requests an export. */
export class RequestExportDto {
  @ApiProperty({ enum: EXPORT_FORMATS })
  @IsIn(EXPORT_FORMATS, { message: `$property must be one of ${EXPORT_FORMATS.join(', ')}` })
  format: ExportFormat;
}

/** An export in an answer. */
export class ExportDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: EXPORT_STATUSES })
  status: ExportStatus;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100, example: 0 })
  progress: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The path of the download, once completed',
  })
  action_url: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why it failed' })
  error: string | null;

  constructor({ id, status, progress, downloadPath, error }: Export) {
    this.id = id;
    this.status = status;
    this.progress = progress;
    this.action_url = status === 'completed' ? downloadPath : null;
    this.error = error;
  }
}

/** A resource in a JSON export. */
export class ExportedResourceDto extends OmitType(ResourceDto, ['org_id']) {}
