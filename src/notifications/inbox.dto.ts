import { ApiProperty, ApiPropertyOptional, ApiSchema, type ApiSchemaOptions } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../http/pagination.js';
import type { Notification } from './notification.entity.js';

const MOST_MUTED = 100;
const TYPE_LENGTH = 100;

/** The schema accepts this option, but its type lacks it. */
const OPEN: ApiSchemaOptions & { additionalProperties: true } = { additionalProperties: true };

export class InboxQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Only unread notifications' })
  @IsOptional()
  @IsIn(['true', 'false'])
  unread?: 'true' | 'false';
}

export class ReadAllDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'The newest notification seen; newer ones stay unread' })
  @IsOptional()
  @IsUUID()
  up_to?: string;
}

export class PreferencesDto {
  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: TYPE_LENGTH },
    maxItems: MOST_MUTED,
    example: ['message.received'],
    description: 'Types of notifications',
  })
  @IsArray()
  @ArrayMaxSize(MOST_MUTED)
  @IsString({ each: true })
  @MaxLength(TYPE_LENGTH, { each: true })
  muted: string[];
}

export class UnreadCountResponse {
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 99, example: 3, description: 'Exact up to 99' })
  unread_count: number;

  @ApiProperty({ example: false, description: 'There are more than 99' })
  has_more: boolean;
}

/** A notification as published. Further fields come from the sender. */
@ApiSchema(OPEN)
export class NotificationDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'Export ready' })
  title: string;

  @ApiProperty({ required: false, example: 'Your export is ready to download.' })
  body?: string;

  @ApiProperty({ required: false, example: 'task.completed' })
  type?: string;

  @ApiProperty({
    example: '2025-01-15T10:30:00.000Z',
    description: 'When it was sent, in ISO 8601 unless the sender set another text',
  })
  timestamp: string;

  @ApiProperty({ required: false, example: '/downloads/export.csv' })
  action_url?: string;
}

/** A notification in the inbox. */
@ApiSchema(OPEN)
export class InboxItemDto extends NotificationDto {
  @ApiProperty({ format: 'date-time', nullable: true, type: String, example: null })
  read_at: string | null;
}

export function inboxItem({ notification, readAt }: Notification): object {
  return { ...notification, read_at: readAt?.toISOString() ?? null };
}
