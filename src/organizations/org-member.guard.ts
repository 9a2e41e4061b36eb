import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { CLOSE, ConnectionRefusedError, type Handshake } from '../realtime/index.js';
import { MembershipsService } from './memberships.service.js';

/** Admits only members to an organization's events. Malformed ids, unknown ids and non-members get the same answer. */
@Injectable()
export class OrgMemberGuard implements CanActivate {
  constructor(private readonly memberships: MembershipsService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handshake = context.switchToWs().getClient<Handshake>();
    const orgId = handshake.params.org_id ?? '';
    const membership = isUuid(orgId)
      ? await this.memberships.find(orgId.toLowerCase(), handshake.principal.userId)
      : null;
    if (membership === null) throw new ConnectionRefusedError(CLOSE.notAMember);
    handshake.memberSince = membership.joinedAt;
    return true;
  }
}
