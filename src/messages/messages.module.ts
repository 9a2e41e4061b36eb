import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { MessagesController } from './messages.controller.js';
import { MessagesService } from './messages.service.js';
import './message-notification.js';

/** Direct messages between the members of an organization. */
@Module({
  imports: [OrganizationsModule],
  controllers: [MessagesController],
  providers: [MessagesService],
})
export class MessagesModule {}
