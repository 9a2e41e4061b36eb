import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { Resource } from './resource.entity.js';
import { ResourceQuota } from './resource-quota.js';
import { ResourceSubscriber } from './resource.subscriber.js';
import { ResourcesController } from './resources.controller.js';
import { ResourcesService } from './resources.service.js';
import './resource-events.js';

/** Resources of organizations, and the events of their changes. */
@Module({
  imports: [TypeOrmModule.forFeature([Resource]), OrganizationsModule],
  controllers: [ResourcesController],
  providers: [ResourcesService, ResourceQuota, ResourceSubscriber],
  exports: [ResourcesService],
})
export class ResourcesModule {}
