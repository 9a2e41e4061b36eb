import { ApiProperty } from '@nestjs/swagger';
import { IsObject, ValidateIf } from 'class-validator';
import type { NotificationMessage } from '../realtime/index.js';
import { AsGiven } from '../http/as-given.js';
import { IsText } from '../http/is-text.js';
import { IsUserId, USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';

/** A code point may take two of the 200 characters of an idempotency key. */
const DEDUPE_KEY_LENGTH = 95;

/** The body of `POST /notifications`. The engine validates the notification itself; its further fields are the sender's. */
export class NotifyDto {
  @ApiProperty({ ...USER_ID_SCHEMA, example: 'alice' })
  @IsUserId()
  user_id: string;

  @ApiProperty({
    type: 'object',
    selfRequired: true,
    required: ['title'],
    properties: {
      title: { type: 'string', minLength: 1, maxLength: 200 },
      body: { type: 'string', maxLength: 4000 },
      type: { type: 'string', minLength: 1, maxLength: 100 },
      timestamp: { type: 'string', minLength: 1, maxLength: 100 },
      action_url: { type: 'string', minLength: 1, maxLength: 4000 },
    },
    additionalProperties: true,
    example: { title: 'Invoice paid', body: 'Thank you!', type: 'invoice.paid', action_url: '/invoices/42' },
    description: 'May have further fields of your own. At most 64 KiB as JSON',
  })
  @IsObject({ message: '$property must be an object' })
  @AsGiven()
  notification: NotificationMessage;

  @ApiProperty({
    required: false,
    minLength: 1,
    maxLength: DEDUPE_KEY_LENGTH,
    example: 'invoice-42-paid',
    description: 'Repeating the key for a user does not notify again',
  })
  @ValidateIf((_, key) => key !== undefined)
  @IsText({ max: DEDUPE_KEY_LENGTH })
  dedupe_key?: string;
}
