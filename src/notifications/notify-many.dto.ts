import { ApiProperty } from '@nestjs/swagger';
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

/** The body of `POST /notifications/batch`: the same notification for many users, or many notifications, or both. */
export class NotifyManyDto {
  @ApiProperty({
    type: 'array',
    items: { ...USER_ID_SCHEMA },
    required: false,
    minItems: 1,
    maxItems: MOST,
    example: ['alice', 'bob'],
    description: 'Each gets `notification`',
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
    description: 'Notifications of their own, each with its user',
  })
  @ValidateIf(isGiven)
  @IsArray({ message: '$property must be a list' })
  @AsGiven()
  notifications?: NotifyDto[];
}

/** What became of many notifications. */
export class NotificationCountsDto {
  @ApiProperty({ type: 'integer', example: 2, description: 'New in the inboxes of their users' })
  stored = 0;

  @ApiProperty({ type: 'integer', example: 0, description: 'Already there, by their dedupe_key' })
  repeated = 0;

  @ApiProperty({ type: 'integer', example: 0, description: 'Of a type that the user has muted' })
  muted = 0;

  add({ stored, repeated, muted }: Readonly<Record<'stored' | 'repeated' | 'muted', number>>): void {
    this.stored += stored;
    this.repeated += repeated;
    this.muted += muted;
  }
}

/** What a batch asks for. */
export interface ToMany {
  shared: { userIds: string[]; notification: NotificationMessage; dedupeKey: string | undefined } | null;
  own: NotifyDto[];
}

/** @throws {InvalidInputError} */
export async function readMany({ user_ids, notification, dedupe_key, notifications }: NotifyManyDto): Promise<ToMany> {
  if (user_ids !== undefined) expectTexts(user_ids, 'user_ids', MOST, { isValid: isUserId, rule: USER_ID_RULE });
  const own = notifications === undefined ? [] : await itemsOf(notifications, 'notifications', MOST, NotifyDto);
  if (user_ids === undefined && notification === undefined) {
    if (own.length > 0) return { shared: null, own };
    throw invalid('notifications', 'must be given, or user_ids and notification');
  }
  if (user_ids === undefined) throw invalid('user_ids', 'must be given with notification');
  if (notification === undefined) throw invalid('notification', 'must be given with user_ids');
  if (user_ids.length + own.length > MOST)
    throw invalid('notifications', `and user_ids must be ${MOST} together at most`);
  return { shared: { userIds: user_ids, notification, dedupeKey: dedupe_key }, own };
}

function invalid(field: string, message: string): InvalidInputError {
  return new InvalidInputError([{ field, message: `${field} ${message}` }]);
}
