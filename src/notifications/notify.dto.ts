import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsObject, ValidateIf } from 'class-validator';
import type { NotificationMessage } from '../realtime/index.js';
import { AsGiven } from '../http/as-given.js';
import { IsText } from '../http/is-text.js';
import { IsUserId, USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';

/** A code point may take two of the 200 characters of an idempotency key. */
const DEDUPE_KEY_LENGTH = 95;

/** A notification as its sender writes it. The engine validates it; its further fields are the sender's. */
export function IsNotification({
  isRequired,
  size = '64 KiB',
}: {
  isRequired: boolean;
  size?: string;
}): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'object',
      selfRequired: isRequired,
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
      description: `May have further fields of your own. At most ${size} as JSON`,
    }),
    ValidateIf((_, notification) => isRequired || notification !== undefined),
    IsObject({ message: '$property must be an object' }),
    AsGiven(),
  );
}

/** A key by which a notification is sent once. */
export function IsDedupeKey(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      required: false,
      minLength: 1,
      maxLength: DEDUPE_KEY_LENGTH,
      example: 'invoice-42-paid',
      description: 'Repeating the key for a user does not notify again',
    }),
    ValidateIf((_, key) => key !== undefined),
    IsText({ max: DEDUPE_KEY_LENGTH }),
  );
}

/** Apart from the keys of the backend's own notifications. */
export function dedupeOptions(dedupeKey: string | undefined): { idempotencyKey?: string } {
  return dedupeKey === undefined ? {} : { idempotencyKey: `dedupe:${dedupeKey}` };
}

/** The body of `POST /notifications`. */
export class NotifyDto {
  @ApiProperty({ ...USER_ID_SCHEMA, example: 'alice' })
  @IsUserId()
  user_id: string;

  @IsNotification({ isRequired: true })
  notification: NotificationMessage;

  @IsDedupeKey()
  dedupe_key?: string;
}
