import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type List, useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import type { ConnectionRecord } from '../api/types.js';

export interface ConnectionFilter {
  userId: string;
  orgId: string;
}

const POLL_MS = 3_000;

/** The live connections of all nodes, polled while the page is visible. */
export function useConnections({ userId, orgId }: ConnectionFilter) {
  const api = useApi();
  const query = new URLSearchParams({
    ...(userId !== '' && { user_id: userId }),
    ...(orgId !== '' && { org_id: orgId }),
  });
  return useQuery({
    queryKey: keys.connections({ userId, orgId }),
    queryFn: ({ signal }) => api.list<ConnectionRecord>(`/realtime/connections?${query}`, signal),
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
  });
}

/** The number of connections; “1,000+” if the list is cut. */
export function countOf({ items, isCut }: List<ConnectionRecord>): string {
  return `${items.length.toLocaleString('en')}${isCut ? '+' : ''}`;
}
