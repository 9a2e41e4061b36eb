import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { InvalidInputError } from '../realtime/support/errors.js';
import { BroadcastService, checkEvent, isReservedType, orgChannel } from '../realtime/index.js';
import type { Membership } from './membership.entity.js';
import { OrgEventDto, PublishedEventDto } from './org-event.dto.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';

@ApiTags('events')
@Controller('orgs/:org_id/events')
export class OrgEventsController {
  constructor(
    private readonly broadcast: BroadcastService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** Goes through the outbox, so that an accepted event survives an outage of the broker. */
  @Post()
  @HttpCode(202)
  @ForMembers('publishEvents')
  @ApiOperation({ summary: "Publish an event of the application's own type (owners, admins)" })
  @ApiAcceptedResponse({ type: PublishedEventDto, description: 'The event was accepted.' })
  async publish(
    @CurrentMembership() { orgId }: Membership,
    @Body() { event_type, data }: OrgEventDto,
  ): Promise<PublishedEventDto> {
    if (isReservedType(event_type)) {
      const message = `event_type must be a type of your own: ${event_type} is reserved for what the backend itself emits`;
      throw new InvalidInputError([{ field: 'event_type', message }]);
    }
    checkEvent(orgChannel.kind, event_type, data);
    await this.dataSource.transaction((manager) =>
      this.broadcast.broadcastOrgEvent(orgId, event_type, data, { manager }),
    );
    return { event_type, org_id: orgId };
  }
}
