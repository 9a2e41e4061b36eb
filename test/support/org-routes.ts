import { Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ACTION } from '../../src/organizations/org-role.guard.js';
import { may, type OrgAction, type OrgRole, takesRole } from '../../src/organizations/org-role.js';
import { noSuchOrganization } from '../../src/organizations/organizations.service.js';
import { routesByOperationId } from '../../src/operations/openapi-routes.js';
import type { ApiAnswer } from './api-client.js';
import type { DocumentedApi, Operation } from './documented-api.js';
import { routesOf } from './routes.js';

/** A route of an organization, as the document describes it. */
export interface OrgRoute extends Operation {
  /** The action in its `@ForMembers()`, which requires a role; undefined if every member may use it. */
  action: OrgAction | undefined;
}

/** All routes below an organization, from the application's router, so that new routes are included. */
export function orgRoutesOf(app: NestExpressApplication, api: DocumentedApi): OrgRoute[] {
  const handlers = routesByOperationId(app);
  const reflector = new Reflector();
  const keys = routesOf(app).filter((key) => key.includes('/orgs/{') || key.includes('{org_id}'));
  return keys.map((key) => {
    const operation = api.operations.find((candidate) => candidate.key === key);
    if (operation === undefined) throw new Error(`${key} is not documented, so no test knows what to send to it`);
    const targets = handlers.get(operation.id) ?? [];
    return { ...operation, action: reflector.getAllAndOverride<OrgAction | undefined>(ACTION, [...targets]) };
  });
}

/**
 * The ways in which an answer contradicts the route's `@ForMembers()`.
 * @param role in the organization; null for a non-member
 */
export function guardMistakes({ key, action }: OrgRoute, role: OrgRole | null, { status, body }: ApiAnswer): string[] {
  const isOutside = status === 404 && body.detail === noSuchOrganization().message;
  const lacksRole = action !== undefined && status === 403 && body.detail === takesRole(action);
  if (role === null) {
    if (isOutside) return [];
    return [`${key} answers ${status} to who is no member: put @ForMembers() on its handler or its controller`];
  }
  const isMeantToLack = action !== undefined && !may(role, action);
  if (isMeantToLack ? lacksRole : !isOutside && !lacksRole) return [];
  return [`${key} answers ${status} to the role ${role}, against its @ForMembers(${action ?? ''})`];
}
