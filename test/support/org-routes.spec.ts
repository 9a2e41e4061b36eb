import { describe, expect, it } from '@jest/globals';
import type { OrgAction } from '../../src/organizations/org-role.js';
import type { ApiAnswer } from './api-client.js';
import { guardMistakes, type OrgRoute } from './org-routes.js';

const NOT_THERE = answer(404, 'There is no such organization.');
const TOO_LOW = answer(403, 'This takes the role owner or admin in the organization.');
const DONE = answer(204);

function answer(status: number, detail?: string): ApiAnswer {
  return { status, headers: new Headers(), body: { detail } };
}

function route(action?: OrgAction): OrgRoute {
  const key = 'GET /api/v1/orgs/{org_id}/widgets';
  const operation = {
    id: 'listWidgets',
    method: 'GET',
    path: '',
    key,
    params: [],
    body: null,
    statuses: [],
    responses: {},
  };
  return { ...operation, action };
}

describe('the tests of organization routes', () => {
  it('report a route without a guard', () => {
    expect(guardMistakes(route(), null, DONE)).toEqual([
      'GET /api/v1/orgs/{org_id}/widgets answers 204 to who is no member: put @ForMembers() on its handler or its controller',
    ]);
    expect(guardMistakes(route(), null, NOT_THERE)).toEqual([]);
  });

  it('report a route that admits other roles than its decorator', () => {
    expect(guardMistakes(route('addMembers'), 'member', DONE)).toEqual([
      'GET /api/v1/orgs/{org_id}/widgets answers 204 to the role member, against its @ForMembers(addMembers)',
    ]);
    expect(guardMistakes(route('addMembers'), 'admin', TOO_LOW)).toHaveLength(1);
    expect(guardMistakes(route('addMembers'), 'admin', NOT_THERE)).toHaveLength(1);
  });

  it('accept answers that match the decorator', () => {
    expect(guardMistakes(route('addMembers'), 'member', TOO_LOW)).toEqual([]);
    expect(guardMistakes(route('addMembers'), 'admin', DONE)).toEqual([]);
    expect(guardMistakes(route(), 'member', answer(404, 'There is no such widget.'))).toEqual([]);
  });
});
