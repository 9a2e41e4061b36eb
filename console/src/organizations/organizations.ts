import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { ApiProblem } from '../api/problem.js';
import type { Member, Organization } from '../api/types.js';

/** The user's organizations, oldest first. */
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

/** Null while loading, or if the organization isn't the user's. */
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

/** Refetches the organizations after one was created, renamed, left or deleted. */
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

/** Whether the answer was 404: it doesn't exist or isn't the user's; the server doesn't say which. */
export function isNotFound(error: Error | null): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
