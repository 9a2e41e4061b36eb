import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID, Matches, ValidateIf } from 'class-validator';
import { IsText } from '../http/is-text.js';
import { SEVERITIES, type Severity } from './system-alert.js';

const MESSAGE = { max: 2_000, multiline: true };
const ALERT_TYPE = { max: 100 };
const MESSAGE_EXAMPLE = 'The service is restarted at 22:00 UTC';

/** The body of `POST /alerts`. */
export class RaiseAlertDto {
  @ApiProperty({ example: MESSAGE_EXAMPLE, minLength: 1, maxLength: MESSAGE.max })
  @Matches(/\S/, { message: '$property must not be blank' })
  @IsText(MESSAGE)
  message: string;

  @ApiProperty({ enum: SEVERITIES })
  @IsIn(SEVERITIES, { message: `$property must be one of ${SEVERITIES.join(', ')}` })
  severity: Severity;

  @ApiProperty({
    type: String,
    example: 'maintenance',
    default: 'general',
    required: false,
    minLength: 1,
    maxLength: ALERT_TYPE.max,
  })
  @ValidateIf((_, alertType) => alertType !== undefined)
  @IsText(ALERT_TYPE)
  alert_type = 'general';

  @ApiProperty({
    format: 'uuid',
    required: false,
    description: 'The organization whose members are alerted; without it, every user online',
  })
  @ValidateIf((_, orgId) => orgId !== undefined)
  @IsUUID('all', { message: '$property must be a UUID' })
  org_id?: string;
}

/** An alert as it is sent. */
export class AlertDto {
  @ApiProperty({ example: 'maintenance' })
  alert_type: string;

  @ApiProperty({ example: MESSAGE_EXAMPLE })
  message: string;

  @ApiProperty({ enum: SEVERITIES })
  severity: Severity;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;
}
