import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ResourcesModule } from '../resources/resources.module.js';
import { Comment } from './comment.entity.js';
import { CommentsController } from './comments.controller.js';
import { CommentsService } from './comments.service.js';
import './mention-notification.js';

/** Comments on resources, and mentions in them. */
@Module({
  imports: [TypeOrmModule.forFeature([Comment]), OrganizationsModule, ResourcesModule],
  controllers: [CommentsController],
  providers: [CommentsService],
})
export class CommentsModule {}
