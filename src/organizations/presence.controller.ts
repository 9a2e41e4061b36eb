import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Presence } from '../realtime/index.js';
import type { Membership } from './membership.entity.js';
import { CurrentMembership, ForMembers } from './org-role.guard.js';

class PresentUserDto {
  @ApiProperty({ example: 'bob' })
  user_id: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    example: 1,
    description: "The user's connections to the organization's events, on all nodes",
  })
  connections: number;
}

class PresenceDto {
  @ApiProperty({ type: [PresentUserDto] })
  items: PresentUserDto[];
}

/** Shows who is connected to an organization's events. */
@ApiTags('events')
@Controller('orgs/:org_id/presence')
export class PresenceController {
  constructor(private readonly presence: Presence) {}

  @Get()
  @ForMembers()
  @ApiOperation({ summary: "Who is connected to the organization's events, on all nodes" })
  @ApiOkResponse({ type: PresenceDto })
  async list(@CurrentMembership() { orgId }: Membership): Promise<PresenceDto> {
    return { items: await this.presence.list(orgId) };
  }
}
