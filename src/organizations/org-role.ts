/** A member's role in an organization. */
export type OrgRole = 'owner' | 'admin' | 'member';

export const ORG_ROLES = ['owner', 'admin', 'member'] as const satisfies readonly OrgRole[];

/** Actions that require a role. All others are open to every member. */
export type OrgAction = 'rename' | 'dissolve' | 'addMembers' | 'changeRoles' | 'publishEvents' | 'notifyMembers';

const ROLES_THAT_MAY: Readonly<Record<OrgAction, readonly OrgRole[]>> = {
  rename: ['owner'],
  dissolve: ['owner'],
  addMembers: ['owner', 'admin'],
  changeRoles: ['owner'],
  publishEvents: ['owner', 'admin'],
  notifyMembers: ['owner', 'admin'],
};

/** Whether a role allows an action. */
export function may(actor: OrgRole, action: OrgAction): boolean {
  return ROLES_THAT_MAY[action].includes(actor);
}

/** The problem detail for members whose role doesn't allow the action. */
export function takesRole(action: OrgAction): string {
  return `This takes the role ${ROLES_THAT_MAY[action].join(' or ')} in the organization.`;
}

/** Whether the actor's role allows adding a member with the given role. */
export function mayAdd(actor: OrgRole, role: OrgRole): boolean {
  return actor === 'owner' || (actor === 'admin' && role === 'member');
}

/** Whether the actor's role allows removing another member with the target role. */
export function mayRemove(actor: OrgRole, target: OrgRole): boolean {
  return actor === 'owner' || (actor === 'admin' && target === 'member');
}
