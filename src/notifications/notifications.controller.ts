import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { REALTIME_ADMIN_ROLE, REALTIME_NOTIFY_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { BroadcastService, type JsonObject, type Outcome } from '../realtime/index.js';
import { NotificationDto } from './inbox.dto.js';
import { NotificationCountsDto, NotifyManyDto, readMany, type ToMany } from './notify-many.dto.js';
import { dedupeOptions, NotifyDto } from './notify.dto.js';

/** For other services. Goes through the inbox, so that it succeeds while the broker is down. */
@ApiTags('notifications')
@Controller('notifications')
@Roles(REALTIME_NOTIFY_ROLE, REALTIME_ADMIN_ROLE)
export class NotificationsController {
  constructor(private readonly broadcast: BroadcastService) {}

  @Post()
  @ApiOperation({ summary: `Notify any user, for other services (realm role ${REALTIME_NOTIFY_ROLE})` })
  @ApiCreatedResponse({ type: NotificationDto, description: 'The notification as the user receives it' })
  @ApiOkResponse({ type: NotificationDto, description: 'The existing notification with this dedupe_key' })
  async notifyUser(
    @Body() { user_id, notification, dedupe_key }: NotifyDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JsonObject> {
    const options = { foreign: true, ...dedupeOptions(dedupe_key) };
    const receipt = await this.broadcast.broadcastNotification(user_id, notification, options);
    if (receipt.outcome === 'repeated') response.status(200);
    return receipt.notification;
  }

  @Post('batch')
  @ApiOperation({
    summary: `Notify up to 1,000 users, or send up to 1,000 notifications, all or none (realm role ${REALTIME_NOTIFY_ROLE})`,
  })
  @ApiCreatedResponse({ type: NotificationCountsDto, description: 'What became of them' })
  async notifyManyUsers(@Body() body: NotifyManyDto): Promise<NotificationCountsDto> {
    return new NotificationCountsDto(await this.notify(await readMany(body)));
  }

  private notify(many: ToMany): Promise<Record<Outcome, number>> {
    if ('userIds' in many) {
      const options = { foreign: true, ...dedupeOptions(many.dedupeKey) };
      return this.broadcast.broadcastNotifications(many.userIds, many.notification, options);
    }
    const notifications = many.notifications.map(({ user_id: userId, notification, dedupe_key }) => {
      return { userId, notification, ...dedupeOptions(dedupe_key) };
    });
    return this.broadcast.broadcastEachNotification(notifications, { foreign: true });
  }
}
