import { ApiProperty } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { IsText } from '../http/is-text.js';
import { type Resource, SENSITIVITIES, type Sensitivity } from './resource.entity.js';

const NAME = { max: 200 };
const DESCRIPTION = { max: 10_000, multiline: true };
const SENSITIVITY_MESSAGE = `$property must be one of ${SENSITIVITIES.join(', ')}`;

/** The body that creates a resource. */
export class CreateResourceDto {
  @ApiProperty({ example: 'Q3 report', minLength: 1, maxLength: NAME.max })
  @IsText(NAME)
  name: string;

  @ApiProperty({ enum: SENSITIVITIES, default: 'normal', required: false })
  @ValidateIf((_, sensitivity) => sensitivity !== undefined)
  @IsIn(SENSITIVITIES, { message: SENSITIVITY_MESSAGE })
  sensitivity: Sensitivity = 'normal';

  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    maxLength: DESCRIPTION.max,
    example: 'The numbers of the third quarter',
  })
  @ValidateIf((_, description) => description !== undefined && description !== null)
  @IsText(DESCRIPTION)
  description: string | null = null;
}

/** The body that changes a resource; omitted fields stay the same. */
export class ChangeResourceDto {
  @ApiProperty({ required: false, example: 'Q3 report, final', minLength: 1, maxLength: NAME.max })
  @ValidateIf((_, name) => name !== undefined)
  @IsText(NAME)
  name?: string;

  @ApiProperty({ enum: SENSITIVITIES, required: false, example: 'confidential' })
  @ValidateIf((_, sensitivity) => sensitivity !== undefined)
  @IsIn(SENSITIVITIES, { message: SENSITIVITY_MESSAGE })
  sensitivity?: Sensitivity;

  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    maxLength: DESCRIPTION.max,
    example: 'The numbers of the third quarter',
  })
  @ValidateIf((_, description) => description !== undefined && description !== null)
  @IsText(DESCRIPTION)
  description?: string | null;
}

/** A resource in an answer. */
export class ResourceDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  org_id: string;

  @ApiProperty({ example: 'Q3 report' })
  name: string;

  @ApiProperty({ enum: SENSITIVITIES, example: 'normal' })
  sensitivity: Sensitivity;

  @ApiProperty({ type: String, nullable: true, example: 'The numbers of the third quarter' })
  description: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;

  constructor({ id, orgId, name, sensitivity, description, createdAt, updatedAt }: Resource) {
    this.id = id;
    this.org_id = orgId;
    this.name = name;
    this.sensitivity = sensitivity;
    this.description = description;
    this.created_at = createdAt.toISOString();
    this.updated_at = updatedAt.toISOString();
  }
}
