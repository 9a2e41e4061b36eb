import { createHash } from 'node:crypto';
import { Body, Controller, ForbiddenException, HttpCode, Post, ServiceUnavailableException } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Membership } from '../organizations/membership.entity.js';
import { MembershipsService } from '../organizations/memberships.service.js';
import { may, takesRole } from '../organizations/org-role.js';
import { noSuchOrganization } from '../organizations/organizations.service.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { BroadcastService, isReservedType, type NotificationMessage } from '../realtime/index.js';
import { InvalidInputError } from '../realtime/support/errors.js';
import { Semaphore } from '../realtime/support/semaphore.js';
import { NotifiedDto, NotifyMembersDto } from './notify-members.dto.js';

/** It is stored for each member, so these two limit what one request can store. */
const MOST_MEMBERS = 10_000;
const MOST_BYTES = 4_096;
/** How many requests are worked on at a time. */
const AT_ONCE = 2;
/** How long one waits for others: less than for an answer. */
const QUEUE_MS = 5_000;
const BUSY = 'Too many organizations are being notified; try again later.';
/** Of notifications without a type, so that members can mute them. */
const DEFAULT_TYPE = 'org.notification';
const TOO_MANY = `org_id must be of an organization with up to ${MOST_MEMBERS} members`;

@ApiTags('notifications')
@Controller('orgs/:org_id/notifications')
export class OrgNotificationsController {
  private readonly places = new Semaphore(AT_ONCE);

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
    @CurrentMembership() { orgId, userId: from }: Membership,
    @Body() { notification, dedupe_key }: NotifyMembersDto,
  ): Promise<NotifiedDto> {
    expectNotifiable(notification);
    const content = { type: DEFAULT_TYPE, ...notification, org_id: orgId, from };
    const options = dedupe_key === undefined ? {} : { idempotencyKey: keyOf(orgId, dedupe_key) };
    return this.inTurn(async (manager) => {
      // The role may have ended meanwhile, or the organization.
      const { role } = (await manager.findOneBy(Membership, { orgId, userId: from })) ?? { role: null };
      if (role === null) throw noSuchOrganization();
      if (!may(role, 'notifyMembers')) throw new ForbiddenException(takesRole('notifyMembers'));
      const userIds = await this.memberships.userIds(orgId, MOST_MEMBERS + 1, manager);
      if (userIds.length > MOST_MEMBERS) throw new InvalidInputError([{ field: 'org_id', message: TOO_MANY }]);
      await this.broadcast.broadcastNotifications(userIds, content, { ...options, foreign: true, manager });
      return { count: userIds.length };
    });
  }

  /** A few at a time: each may be long, and the pool of connections is for everybody. */
  private inTurn<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const end = performance.now() + QUEUE_MS;
    return this.places.run(() => {
      // Whoever asked for it gives up soon, and must not be surprised by it later.
      if (performance.now() > end) throw new ServiceUnavailableException(BUSY);
      return this.dataSource.transaction(work);
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
