import { createHash } from 'node:crypto';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Membership } from '../organizations/membership.entity.js';
import { MembershipsService } from '../organizations/memberships.service.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { BroadcastService, isReservedType } from '../realtime/index.js';
import { InvalidInputError } from '../realtime/support/errors.js';
import { NotifiedDto, NotifyMembersDto } from './notify-members.dto.js';

@ApiTags('notifications')
@Controller('orgs/:org_id/notifications')
export class OrgNotificationsController {
  constructor(
    private readonly broadcast: BroadcastService,
    private readonly memberships: MembershipsService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** In one transaction: all who are members then, or none. */
  @Post()
  @HttpCode(202)
  @ForMembers('notifyMembers')
  @ApiOperation({ summary: 'Notify every member of an organization, yourself included (owners, admins)' })
  @ApiAcceptedResponse({ type: NotifiedDto, description: 'The notification was accepted.' })
  async notifyMembers(
    @CurrentMembership() { orgId }: Membership,
    @Body() { notification, dedupe_key }: NotifyMembersDto,
  ): Promise<NotifiedDto> {
    const { type } = notification;
    if (typeof type === 'string' && isReservedType(type)) {
      const message = `type must be a type of your own: ${type} is reserved for what the backend itself sends`;
      throw new InvalidInputError([{ field: 'notification.type', message }]);
    }
    const options = dedupe_key === undefined ? {} : { idempotencyKey: keyOf(orgId, dedupe_key) };
    return this.dataSource.transaction(async (manager) => {
      const userIds = await this.memberships.userIds(orgId, manager);
      await this.broadcast.broadcastNotifications(userIds, notification, { ...options, foreign: true, manager });
      return { count: userIds.length };
    });
  }
}

/** Each organization has keys of its own, or one could keep what others send from users. */
function keyOf(orgId: string, dedupeKey: string): string {
  return `org:${orgId}:${createHash('sha256').update(dedupeKey).digest('base64url')}`;
}
