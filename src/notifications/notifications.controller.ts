import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { REALTIME_ADMIN_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { BroadcastService, type JsonObject } from '../realtime/index.js';
import { NotificationDto } from './inbox.dto.js';
import { NotifyDto } from './notify.dto.js';

@ApiTags('notifications')
@Controller('notifications')
export class NotificationsController {
  constructor(private readonly broadcast: BroadcastService) {}

  /** Goes through the inbox, so that it succeeds while the broker is down. */
  @Post()
  @Roles(REALTIME_ADMIN_ROLE)
  @ApiOperation({ summary: `Notify any user, for other services (realm role ${REALTIME_ADMIN_ROLE})` })
  @ApiCreatedResponse({ type: NotificationDto, description: 'The notification as the user receives it' })
  @ApiOkResponse({ type: NotificationDto, description: 'The existing notification with this dedupe_key' })
  async notifyUser(
    @Body() { user_id, notification, dedupe_key }: NotifyDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JsonObject> {
    const options = { foreign: true, ...(dedupe_key !== undefined && { idempotencyKey: `dedupe:${dedupe_key}` }) };
    const receipt = await this.broadcast.broadcastNotification(user_id, notification, options);
    if (receipt.outcome === 'repeated') response.status(200);
    return receipt.notification;
  }
}
