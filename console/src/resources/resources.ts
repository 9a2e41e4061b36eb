import { useQuery } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { pollDelay } from '../api/poll-delay.js';
import type { Comment, Resource, ResourceSummary } from '../api/types.js';
import type { Tone } from '../ui/badge.js';

const COMMENTS_POLL_MS = 10_000;

export function useResources(orgId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.resources(orgId),
    queryFn: ({ signal }) => api.list<ResourceSummary>(path`/orgs/${orgId}/resources`, signal),
  });
}

export function useResource(orgId: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.resource(orgId, id),
    queryFn: ({ signal }) => api.get<Resource>(resourcePath(orgId, id), signal),
  });
}

/** Polled, because comments have no event. */
export function useComments(orgId: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.comments(orgId, id),
    queryFn: ({ signal }) => api.list<Comment>(`${resourcePath(orgId, id)}/comments`, signal),
    refetchInterval: ({ state }) => pollDelay(COMMENTS_POLL_MS, state.error),
  });
}

export function resourcePath(orgId: string, id: string): string {
  return path`/orgs/${orgId}/resources/${id}`;
}

const TONES: ReadonlyMap<string, Tone> = new Map([
  ['public', 'ok'],
  ['confidential', 'warn'],
]);

export function sensitivityTone(sensitivity: string): Tone {
  return TONES.get(sensitivity) ?? 'plain';
}
