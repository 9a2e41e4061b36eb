import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { QuietErrorLog } from '../realtime/support/quiet-error-log.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { ROLES, takesRealmRole } from './roles.decorator.js';

/** Restricts routes with `@Roles()` to users who have one of those realm roles. Runs after `HttpJwtGuard`. */
@Injectable()
export class RolesGuard implements CanActivate {
  private readonly refusals = new QuietErrorLog(new Logger(RolesGuard.name), 'Refused a request');

  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const wanted = this.reflector.getAllAndOverride<string[] | undefined>(ROLES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (wanted === undefined) return true;
    const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (wanted.some((role) => principal?.roles.has(role))) return true;
    const lacks = wanted.join(' or ');
    this.refusals.warn(lacks, `${principal?.userId ?? 'nobody'} lacks the realm role ${lacks} (realm_access.roles)`);
    throw new ForbiddenException(takesRealmRole(wanted));
  }
}
