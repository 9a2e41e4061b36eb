import { ApiProperty } from '@nestjs/swagger';
import type { NotificationMessage } from '../realtime/index.js';
import { IsDedupeKey, IsNotification } from './notify.dto.js';

/** The body of `POST /orgs/:org_id/notifications`. */
export class NotifyMembersDto {
  @IsNotification({ isRequired: true, size: '4 KiB' })
  notification: NotificationMessage;

  @IsDedupeKey()
  dedupe_key?: string;
}

/** How many members it was meant for: some may have muted its type, or have it already. */
export class NotifiedDto {
  @ApiProperty({ type: 'integer', example: 3 })
  count: number;
}
