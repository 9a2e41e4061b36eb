import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsGateway } from './notifications.gateway.js';

/** The stream of a user's notifications, and the door by which other services add to it. */
@Module({ imports: [UsersModule], controllers: [NotificationsController], providers: [NotificationsGateway] })
export class NotificationsModule {}
