import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { CLOSE, ConnectionRefusedError, type Handshake } from '../realtime/index.js';
import { MembershipsService } from './memberships.service.js';

/** Admits only members to an organization's events. A malformed, an unknown and a foreign id all look the same. */
@Injectable()
export class OrgMemberGuard implements CanActivate {
  constructor(private readonly memberships: MembershipsService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { params, principal } = context.switchToWs().getClient<Handshake>();
    const orgId = params.org_id ?? '';
    const isMember = isUuid(orgId) && (await this.memberships.find(orgId.toLowerCase(), principal.userId)) !== null;
    if (!isMember) throw new ConnectionRefusedError(CLOSE.notAMember);
    return true;
  }
}
