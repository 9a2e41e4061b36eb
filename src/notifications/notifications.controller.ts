import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { REALTIME_ADMIN_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { ApiProblems } from '../http/api-answers.decorator.js';
import { BroadcastService, type JsonObject } from '../realtime/index.js';
import { NotifyDto } from './notify.dto.js';

@ApiTags('notifications')
@ApiBearerAuth()
@Controller('notifications')
export class NotificationsController {
  constructor(private readonly broadcast: BroadcastService) {}

  /** Goes through the inbox, so that it succeeds while the broker is down. */
  @Post()
  @Roles(REALTIME_ADMIN_ROLE)
  @ApiOperation({ summary: `Notify any user, for other services (realm role ${REALTIME_ADMIN_ROLE})` })
  @ApiCreatedResponse({ description: 'The notification as the user receives it' })
  @ApiOkResponse({ description: 'The user has one with this dedupe_key: here it is' })
  @ApiProblems(400, 403)
  async notify(
    @Body() { user_id, notification, dedupe_key }: NotifyDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JsonObject> {
    const options = { foreign: true, ...(dedupe_key !== undefined && { idempotencyKey: `dedupe:${dedupe_key}` }) };
    const receipt = await this.broadcast.broadcastNotification(user_id, notification, options);
    if (receipt.outcome === 'repeated') response.status(200);
    return receipt.notification;
  }
}
