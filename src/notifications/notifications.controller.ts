import { Body, Controller, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { REALTIME_ADMIN_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { ApiProblems } from '../http/api-answers.decorator.js';
import { BroadcastService, type NotificationMessage } from '../realtime/index.js';
import { NotifyDto } from './notify.dto.js';

@ApiTags('notifications')
@ApiBearerAuth()
@Controller('notifications')
export class NotificationsController {
  constructor(
    private readonly broadcast: BroadcastService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** Goes through the outbox, so that it succeeds while the broker is down. */
  @Post()
  @Roles(REALTIME_ADMIN_ROLE)
  @ApiOperation({ summary: `Notify any user, for other services (realm role ${REALTIME_ADMIN_ROLE})` })
  @ApiCreatedResponse({ description: 'The notification as the user receives it' })
  @ApiProblems(400, 403)
  async notify(@Body() { user_id, notification, dedupe_key }: NotifyDto): Promise<NotificationMessage> {
    const stamped = { ...notification, timestamp: notification.timestamp ?? new Date().toISOString() };
    const options = dedupe_key === undefined ? {} : { idempotencyKey: `dedupe:${dedupe_key}` };
    await this.dataSource.transaction((manager) =>
      this.broadcast.broadcastNotification(user_id, stamped, { ...options, manager }),
    );
    return stamped;
  }
}
