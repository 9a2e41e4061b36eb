import { ApiProperty, ApiSchema, type ApiSchemaOptions } from '@nestjs/swagger';
import { IsArray, ValidateIf } from 'class-validator';
import { USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';
import { AsGiven } from '../http/as-given.js';
import { expectTexts, itemsOf } from '../http/items-of.js';
import type { NotificationMessage } from '../realtime/index.js';
import { InvalidInputError } from '../realtime/support/errors.js';
import { isUserId, USER_ID_RULE } from '../realtime/support/user-id.js';
import { IsDedupeKey, IsNotification, NotifyDto } from './notify.dto.js';

/** How many notifications one request sends. */
const MOST = 1_000;

const isGiven = (_: unknown, value: unknown): boolean => value !== undefined;

/** The schema accepts these options, but its type lacks them. */
const ONE_FORM: ApiSchemaOptions & { example: object; anyOf: object[] } = {
  anyOf: [{ required: ['user_ids', 'notification'] }, { required: ['notifications'] }],
  example: { user_ids: ['alice', 'bob'], notification: { title: 'Planned maintenance' }, dedupe_key: 'maintenance-7' },
};

/** The body of `POST /notifications/batch`: the same notification for many users, or many notifications. */
@ApiSchema(ONE_FORM)
export class NotifyManyDto {
  @ApiProperty({
    type: 'array',
    items: { ...USER_ID_SCHEMA },
    required: false,
    minItems: 1,
    maxItems: MOST,
    example: ['alice', 'bob'],
    description: 'Each gets `notification` once',
  })
  @ValidateIf(isGiven)
  @IsArray({ message: '$property must be a list' })
  @AsGiven()
  user_ids?: string[];

  @IsNotification({ isRequired: false })
  notification?: NotificationMessage;

  @IsDedupeKey()
  dedupe_key?: string;

  @ApiProperty({
    type: [NotifyDto],
    required: false,
    minItems: 1,
    maxItems: MOST,
    description: 'Instead of all the others: many notifications, each with its user',
  })
  @ValidateIf(isGiven)
  @IsArray({ message: '$property must be a list' })
  @AsGiven()
  notifications?: NotifyDto[];
}

/** What became of many notifications. */
export class NotificationCountsDto {
  @ApiProperty({ type: 'integer', example: 2, description: 'New in the inboxes of their users' })
  stored: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Already there, by their dedupe_key' })
  repeated: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Of a type that the user has muted' })
  muted: number;

  constructor({ stored, repeated, muted }: Readonly<Record<'stored' | 'repeated' | 'muted', number>>) {
    this.stored = stored;
    this.repeated = repeated;
    this.muted = muted;
  }
}

/** What a batch asks for. */
export type ToMany =
  | { userIds: string[]; notification: NotificationMessage; dedupeKey: string | undefined }
  | { notifications: NotifyDto[] };

/** @throws {InvalidInputError} */
export async function readMany({ user_ids, notification, dedupe_key, notifications }: NotifyManyDto): Promise<ToMany> {
  if (notifications !== undefined) {
    const read = await itemsOf(notifications, 'notifications', MOST, NotifyDto);
    if (user_ids !== undefined || notification !== undefined) {
      throw invalid('notifications', 'must not be given with user_ids and notification');
    }
    if (dedupe_key !== undefined) throw invalid('dedupe_key', 'must be given with each of notifications');
    return { notifications: read };
  }
  if (user_ids === undefined) throw invalid('user_ids', 'must be given with notification, or notifications alone');
  expectTexts(user_ids, 'user_ids', MOST, { isValid: isUserId, rule: `a text of ${USER_ID_RULE}` });
  if (notification === undefined) throw invalid('notification', 'must be given with user_ids');
  return { userIds: user_ids, notification, dedupeKey: dedupe_key };
}

function invalid(field: string, message: string): InvalidInputError {
  return new InvalidInputError([{ field, message: `${field} ${message}` }]);
}
