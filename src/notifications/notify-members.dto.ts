import { ApiProperty } from '@nestjs/swagger';
import type { NotificationMessage } from '../realtime/index.js';
import { IsDedupeKey, IsNotification } from './notify.dto.js';

/** The body of `POST /orgs/:org_id/notifications`. */
export class NotifyMembersDto {
  @IsNotification({ isRequired: true })
  notification: NotificationMessage;

  @IsDedupeKey()
  dedupe_key?: string;
}

/** To how many members a notification goes. */
export class NotifiedDto {
  @ApiProperty({ type: 'integer', example: 3 })
  count: number;
}
