import { describe, expect, it } from '@jest/globals';
import { mayAdd, mayRemove, ORG_ROLES } from './org-role.js';

describe('mayAdd', () => {
  it('lets owners add any role', () => {
    expect(ORG_ROLES.filter((role) => mayAdd('owner', role))).toEqual(['owner', 'admin', 'member']);
  });

  it('lets admins add plain members only', () => {
    expect(ORG_ROLES.filter((role) => mayAdd('admin', role))).toEqual(['member']);
  });

  it('lets plain members add nobody', () => {
    expect(ORG_ROLES.filter((role) => mayAdd('member', role))).toEqual([]);
  });
});

describe('mayRemove', () => {
  it('lets owners remove any role', () => {
    expect(ORG_ROLES.filter((role) => mayRemove('owner', role))).toEqual(['owner', 'admin', 'member']);
  });

  it('lets admins remove plain members only', () => {
    expect(ORG_ROLES.filter((role) => mayRemove('admin', role))).toEqual(['member']);
  });

  it('lets plain members remove nobody', () => {
    expect(ORG_ROLES.filter((role) => mayRemove('member', role))).toEqual([]);
  });
});
