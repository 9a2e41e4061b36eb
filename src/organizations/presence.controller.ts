import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-answers.decorator.js';
import { Presence } from '../realtime/index.js';
import type { Membership } from './membership.entity.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';

class PresentUserDto {
  @ApiProperty()
  user_id: string;

  @ApiProperty({ description: "The user's connections to the organization's events, on all nodes", example: 1 })
  connections: number;
}

class PresenceDto {
  @ApiProperty({ type: [PresentUserDto] })
  items: PresentUserDto[];
}

/** Shows who is connected to an organization's events. */
@ApiTags('events')
@ApiBearerAuth()
@Controller('orgs/:org_id/presence')
export class PresenceController {
  constructor(private readonly presence: Presence) {}

  @Get()
  @ForMembers()
  @ApiOperation({ summary: "Who is connected to the organization's events, on all nodes" })
  @ApiOkResponse({ type: PresenceDto })
  @ApiProblems(404, 503)
  async list(@CurrentMembership() { orgId }: Membership): Promise<PresenceDto> {
    return { items: await this.presence.list(orgId) };
  }
}
