/** What a member may do in an organization. */
export type OrgRole = 'owner' | 'admin' | 'member';

export const ORG_ROLES = ['owner', 'admin', 'member'] as const satisfies readonly OrgRole[];

/** What takes a role. What is not named here, every member may do. */
export type OrgAction = 'rename' | 'dissolve' | 'addMembers' | 'changeRoles' | 'publishEvents';

const ROLES_THAT_MAY: Readonly<Record<OrgAction, readonly OrgRole[]>> = {
  rename: ['owner'],
  dissolve: ['owner'],
  addMembers: ['owner', 'admin'],
  changeRoles: ['owner'],
  publishEvents: ['owner', 'admin'],
};

/** Whether somebody of a role may do this. */
export function may(actor: OrgRole, action: OrgAction): boolean {
  return ROLES_THAT_MAY[action].includes(actor);
}

/** What to tell somebody who may not. */
export function takesRole(action: OrgAction): string {
  return `This takes the role ${ROLES_THAT_MAY[action].join(' or ')} in the organization.`;
}

/** Whether somebody of a role may make another user a member with that other role. */
export function mayAdd(actor: OrgRole, role: OrgRole): boolean {
  return actor === 'owner' || (actor === 'admin' && role === 'member');
}

/** Whether somebody of a role may end the membership of somebody else. */
export function mayRemove(actor: OrgRole, target: OrgRole): boolean {
  return actor === 'owner' || (actor === 'admin' && target === 'member');
}
