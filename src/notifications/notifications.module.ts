import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Inbox } from '../realtime/index.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { UsersModule } from '../users/users.module.js';
import { InboxController } from './inbox.controller.js';
import { NotificationInbox } from './notification-inbox.js';
import { NotificationPreference } from './notification-preference.entity.js';
import { Notification } from './notification.entity.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsGateway } from './notifications.gateway.js';
import { OrgNotificationsController } from './org-notifications.controller.js';
import { NotificationsService } from './notifications.service.js';
import { PreferencesService } from './preferences.service.js';
import { RetentionProcessor } from './retention.processor.js';
import { RetentionSchedule } from './retention.schedule.js';
import { RETENTION_QUEUE } from './retention-queue.js';

/** A user's inbox, its live notifications, and the routes by which services and organizations notify. Global, as the engine needs the inbox. */
@Global()
@Module({
  imports: [
    UsersModule,
    OrganizationsModule,
    TypeOrmModule.forFeature([Notification, NotificationPreference]),
    BullModule.registerQueue({ name: RETENTION_QUEUE }),
  ],
  controllers: [InboxController, NotificationsController, OrgNotificationsController],
  providers: [
    NotificationsGateway,
    NotificationsService,
    PreferencesService,
    RetentionProcessor,
    RetentionSchedule,
    { provide: Inbox, useClass: NotificationInbox },
  ],
  exports: [Inbox],
})
export class NotificationsModule {}
