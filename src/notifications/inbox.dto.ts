import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../http/pagination.js';
import type { Notification } from './notification.entity.js';

const MOST_MUTED = 100;
const TYPE_LENGTH = 100;

export class InboxQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Only what was not read yet' })
  @IsOptional()
  @IsIn(['true', 'false'])
  unread?: 'true' | 'false';
}

export class ReadAllDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'The newest that was seen; what is newer stays unread' })
  @IsOptional()
  @IsUUID()
  up_to?: string;
}

export class PreferencesDto {
  @ApiProperty({ type: [String], example: ['message.received'] })
  @IsArray()
  @ArrayMaxSize(MOST_MUTED)
  @IsString({ each: true })
  @MaxLength(TYPE_LENGTH, { each: true })
  muted: string[];
}

export class UnreadCountResponse {
  @ApiProperty({ description: 'Exact up to 99' })
  unread_count: number;

  @ApiProperty({ description: 'There are more than 99' })
  has_more: boolean;
}

/** The notification as in its frame, and when it was read. Further fields are the sender's. */
export class NotificationResponse {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  title: string;

  @ApiProperty({ required: false })
  body?: string;

  @ApiProperty({ required: false, example: 'task.completed' })
  type?: string;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ format: 'date-time', nullable: true, type: String })
  read_at: string | null;
}

export function notificationResponse({ notification, readAt }: Notification): object {
  return { ...notification, read_at: readAt?.toISOString() ?? null };
}
