import { ApiProperty } from '@nestjs/swagger';
import { IsObject, ValidateIf } from 'class-validator';
import type { NotificationMessage } from '../realtime/index.js';
import { AsGiven } from '../http/as-given.js';
import { IsText } from '../http/is-text.js';
import { IsUserId, USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';

/** Each code point may take two of the 200 characters that an idempotency key has. */
const DEDUPE_KEY_LENGTH = 95;

/** The body that notifies a user. The engine checks the notification itself, whose further fields are the sender's. */
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
    description: 'Further fields are yours. At most 64 KiB as JSON',
  })
  @IsObject({ message: '$property must be an object' })
  @AsGiven()
  notification: NotificationMessage;

  @ApiProperty({
    required: false,
    minLength: 1,
    maxLength: DEDUPE_KEY_LENGTH,
    example: 'invoice-42-paid',
    description: 'The same key notifies the same user once',
  })
  @ValidateIf((_, key) => key !== undefined)
  @IsText({ max: DEDUPE_KEY_LENGTH })
  dedupe_key?: string;
}
