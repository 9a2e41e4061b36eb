import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from './authenticated-request.js';
import type { Principal } from './principal.js';

/** Gives a handler the authenticated user: `find(@CurrentPrincipal() principal: Principal)`. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (principal !== undefined) return principal;
  throw new Error(
    `${context.getClass().name}.${context.getHandler().name} takes @CurrentPrincipal(), but its route is @Public(), so ` +
      'nobody is authenticated there',
  );
});
