import { createHash } from 'node:crypto';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Membership } from '../organizations/membership.entity.js';
import { MembershipsService } from '../organizations/memberships.service.js';
import { OrganizationTurns } from '../organizations/organization-turns.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { BroadcastService, isReservedType, type NotificationMessage } from '../realtime/index.js';
import { InvalidInputError } from '../realtime/support/errors.js';
import { NotifiedDto, NotifyMembersDto } from './notify-members.dto.js';

/** It is stored for each member, so these two limit what one request can store. */
const MOST_MEMBERS = 10_000;
const MOST_BYTES = 4_096;
/** Of notifications without a type, so that members can mute them. */
const DEFAULT_TYPE = 'org.notification';
const TOO_MANY = `org_id must be of an organization with up to ${MOST_MEMBERS} members`;

@ApiTags('notifications')
@Controller('orgs/:org_id/notifications')
export class OrgNotificationsController {
  constructor(
    private readonly broadcast: BroadcastService,
    private readonly memberships: MembershipsService,
    private readonly turns: OrganizationTurns,
  ) {}

  /** In one transaction: all who are members then, or none. One at a time for each organization, as the pool is for everybody. */
  @Post()
  @HttpCode(202)
  @ForMembers('notifyMembers')
  @ApiOperation({ summary: 'Notify every member of an organization, yourself included (owners, admins)' })
  @ApiAcceptedResponse({ type: NotifiedDto, description: 'The notification was accepted.' })
  async notifyMembers(
    @CurrentMembership() { orgId, userId: from }: Membership,
    @Body() { notification, dedupe_key }: NotifyMembersDto,
  ): Promise<NotifiedDto> {
    expectNotifiable(notification);
    const content = { type: DEFAULT_TYPE, ...notification, org_id: orgId, from };
    const options = dedupe_key === undefined ? {} : { idempotencyKey: keyOf(orgId, dedupe_key) };
    return this.turns.run(orgId, async (manager) => {
      const userIds = await this.memberships.userIds(orgId, MOST_MEMBERS + 1, manager);
      if (userIds.length > MOST_MEMBERS) throw new InvalidInputError([{ field: 'org_id', message: TOO_MANY }]);
      await this.broadcast.broadcastNotifications(userIds, content, { ...options, foreign: true, manager });
      return { count: userIds.length };
    });
  }
}

/** @throws {InvalidInputError} */
function expectNotifiable(notification: NotificationMessage): void {
  const { type } = notification;
  if (typeof type === 'string' && isReservedType(type.trim().toLowerCase())) {
    const message = `type must be a type of your own: ${type} is reserved for what the backend itself sends`;
    throw new InvalidInputError([{ field: 'notification.type', message }]);
  }
  if (Buffer.byteLength(JSON.stringify(notification)) <= MOST_BYTES) return;
  throw new InvalidInputError([
    { field: 'notification', message: `notification takes up to ${MOST_BYTES} bytes as JSON` },
  ]);
}

/** Each organization has keys of its own, or one could suppress what others send. */
function keyOf(orgId: string, dedupeKey: string): string {
  return `org:${orgId}:${createHash('sha256').update(dedupeKey).digest('base64url')}`;
}
