import { UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { type Admission, type Handshake, type RealtimeGateway, WsJwtGuard, orgChannel } from '../realtime/index.js';
import { UsersService } from '../users/users.service.js';
import { OrgMemberGuard } from './org-member.guard.js';

/** The live events of an organization, for its members. */
@UseGuards(WsJwtGuard, OrgMemberGuard)
@WebSocketGateway({ path: '/ws/events/:org_id' })
export class OrgEventsGateway implements RealtimeGateway {
  constructor(private readonly users: UsersService) {}

  admit({ params, principal, query }: Handshake): Admission {
    void this.users.remember(principal);
    const channel = orgChannel.of(params.org_id ?? '');
    const welcome = { message: 'Connected to organization events', org_id: channel.id };
    const watchesPresence = query.get('presence') === 'true';
    return { channel, watchesPresence, welcome };
  }
}
