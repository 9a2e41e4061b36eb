import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { ApiProblem } from '../api/problem.js';
import type { Member, Organization } from '../api/types.js';

/** The organizations of who is signed in, oldest first. */
export function useOrganizations() {
  const api = useApi();
  return useQuery({
    queryKey: keys.organizations,
    queryFn: ({ signal }) => api.list<Organization>('/orgs', signal),
  });
}

export function useOrganization(orgId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.organization(orgId),
    queryFn: ({ signal }) => api.get<Organization>(path`/orgs/${orgId}`, signal),
  });
}

/** Null while it is not known, or if it is not one of the user's. */
export function useOrganizationName(orgId: string | null): string | null {
  const { data } = useOrganizations();
  return data?.items.find(({ id }) => id === orgId)?.name ?? null;
}

export function useMembers(orgId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.members(orgId),
    queryFn: ({ signal }) => api.list<Member>(path`/orgs/${orgId}/members`, signal),
  });
}

/** Fetches the organizations anew, as after one was founded, renamed, left or deleted. */
export function useRefreshOrganizations(): (orgId?: string) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    async (orgId) => {
      if (orgId !== undefined) void client.invalidateQueries({ queryKey: keys.organization(orgId) });
      await client.invalidateQueries({ queryKey: keys.organizations });
    },
    [client],
  );
}

/** Whether the answer was that there is no such thing, or that it is not the user's: nobody is told which. */
export function isNotFound(error: Error | null): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
