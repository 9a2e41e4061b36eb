import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiForbiddenResponse, ApiParam } from '@nestjs/swagger';
import { validate as isUuid } from 'uuid';
import type { AuthenticatedRequest } from '../auth/authenticated-request.js';
import type { Membership } from './membership.entity.js';
import { MembershipsService } from './memberships.service.js';
import { may, type OrgAction, takesRole } from './org-role.js';
import { noSuchOrganization } from './organizations.service.js';

export const ACTION = 'organizations:action';

interface OrgRequest extends AuthenticatedRequest {
  membership?: Membership;
}

/**
 * Admits only members of the organization `:org_id` to the routes below it, and to an action that requires a role only those who have
 * it. To non-members, the organization appears not to exist.
 */
@Injectable()
export class OrgRoleGuard implements CanActivate {
  constructor(
    private readonly memberships: MembershipsService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<OrgRequest>();
    const membership = await this.membershipOf(request);
    if (membership === null) throw noSuchOrganization();
    const targets = [context.getHandler(), context.getClass()];
    const action = this.reflector.getAllAndOverride<OrgAction | undefined>(ACTION, targets);
    if (action !== undefined && !may(membership.role, action)) throw new ForbiddenException(takesRole(action));
    request.membership = membership;
    return true;
  }

  private membershipOf({ principal, params: { org_id: orgId } }: OrgRequest): Promise<Membership | null> | null {
    if (principal === undefined || typeof orgId !== 'string' || !isUuid(orgId)) return null;
    return this.memberships.find(orgId.toLowerCase(), principal.userId);
  }
}

/** Opens a route, or a whole controller, below `/orgs/:org_id` to members, or to those whose role allows the action. */
export function ForMembers(action?: OrgAction): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(ACTION, action),
    UseGuards(OrgRoleGuard),
    ApiParam({ name: 'org_id', description: 'The id of the organization', schema: { type: 'string', format: 'uuid' } }),
    ...(action === undefined ? [] : [ApiForbiddenResponse({ description: takesRole(action) })]),
  );
}

/** The membership by which `@ForMembers` let the caller in. */
export const CurrentMembership = createParamDecorator((_: unknown, context: ExecutionContext): Membership => {
  const { membership } = context.switchToHttp().getRequest<OrgRequest>();
  if (membership === undefined) throw new Error('No membership: put @ForMembers on the route or its controller');
  return membership;
});
