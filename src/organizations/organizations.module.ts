import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { MembersController } from './members.controller.js';
import { Membership } from './membership.entity.js';
import { MembershipSubscriber } from './membership.subscriber.js';
import { MembershipsService } from './memberships.service.js';
import { OrgEventsController } from './org-events.controller.js';
import { OrgEventsGateway } from './org-events.gateway.js';
import { OrganizationTurns } from './organization-turns.js';
import { Organization } from './organization.entity.js';
import { OrganizationsController } from './organizations.controller.js';
import { OrganizationsService } from './organizations.service.js';
import { PresenceController } from './presence.controller.js';
import './member-events.js';

/** Organizations, their members, and their live events. */
@Module({
  imports: [TypeOrmModule.forFeature([Organization, Membership]), UsersModule],
  controllers: [OrganizationsController, MembersController, OrgEventsController, PresenceController],
  providers: [OrganizationsService, MembershipsService, MembershipSubscriber, OrganizationTurns, OrgEventsGateway],
  exports: [MembershipsService, OrganizationsService, OrganizationTurns],
})
export class OrganizationsModule {}
