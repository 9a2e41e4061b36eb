import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiForbiddenResponse } from '@nestjs/swagger';

export const ROLES = 'herald:roles';

/** Lets in only users with one of these realm roles; others get 403. */
export function Roles(...roles: [string, ...string[]]): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ROLES, roles), ApiForbiddenResponse({ description: takesRealmRole(roles) }));
}

/** The problem detail for users who have none of the roles. */
export function takesRealmRole(roles: readonly string[]): string {
  return `This takes the realm role ${roles.join(' or ')}.`;
}
