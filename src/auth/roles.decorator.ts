import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const ROLES = 'herald:roles';

/** Lets in only users with one of these realm roles; others get 403. */
export const Roles = (...roles: [string, ...string[]]): CustomDecorator => SetMetadata(ROLES, roles);
