/** What a member may do in an organization. */
export type OrgRole = 'owner' | 'admin' | 'member';

export const ORG_ROLES = ['owner', 'admin', 'member'] as const satisfies readonly OrgRole[];

/** Whether somebody of a role may make another user a member with that other role. */
export function mayAdd(actor: OrgRole, role: OrgRole): boolean {
  return actor === 'owner' || (actor === 'admin' && role === 'member');
}

/** Whether somebody of a role may end the membership of somebody else. */
export function mayRemove(actor: OrgRole, target: OrgRole): boolean {
  return actor === 'owner' || (actor === 'admin' && target === 'member');
}
