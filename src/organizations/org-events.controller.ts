import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidInputError, readItem } from '../realtime/support/errors.js';
import { BroadcastService, checkEvent, isReservedType, orgChannel } from '../realtime/index.js';
import type { Membership } from './membership.entity.js';
import { CountDto, eventsOf, OrgEventDto, OrgEventsDto, PublishedEventDto } from './org-event.dto.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';

@ApiTags('events')
@Controller('orgs/:org_id/events')
export class OrgEventsController {
  constructor(
    private readonly broadcast: BroadcastService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** So that an accepted event survives an outage of the broker. One statement needs no transaction around it. */
  private get inOutbox(): { manager: EntityManager } {
    return { manager: this.dataSource.manager };
  }

  @Post()
  @HttpCode(202)
  @ForMembers('publishEvents')
  @ApiOperation({ summary: "Publish an event of the application's own type (owners, admins)" })
  @ApiAcceptedResponse({ type: PublishedEventDto, description: 'The event was accepted.' })
  async publish(@CurrentMembership() { orgId }: Membership, @Body() event: OrgEventDto): Promise<PublishedEventDto> {
    expectPublishable(event);
    const { event_type, data } = event;
    await this.broadcast.broadcastOrgEvent(orgId, event_type, data, this.inOutbox);
    return { event_type, org_id: orgId };
  }

  @Post('batch')
  @HttpCode(202)
  @ForMembers('publishEvents')
  @ApiOperation({ summary: 'Publish up to 100 events in their order, all or none (owners, admins)' })
  @ApiAcceptedResponse({ type: CountDto, description: 'The events were accepted.' })
  async publishManyEvents(@CurrentMembership() { orgId }: Membership, @Body() body: OrgEventsDto): Promise<CountDto> {
    const events = await eventsOf(body);
    for (const [n, event] of events.entries()) readItem(`events.${n}`, () => expectPublishable(event));
    await this.broadcast.broadcastOrgEvents(
      orgId,
      events.map(({ event_type: eventType, data }) => ({ eventType, data })),
      this.inOutbox,
    );
    return { count: events.length };
  }
}

/** @throws {InvalidInputError} if its type is the backend's, or its data are not of its type */
function expectPublishable({ event_type, data }: OrgEventDto): void {
  if (isReservedType(event_type)) {
    const message = `event_type must be a type of your own: ${event_type} is reserved for what the backend itself emits`;
    throw new InvalidInputError([{ field: 'event_type', message }]);
  }
  checkEvent(orgChannel.kind, event_type, data);
}
