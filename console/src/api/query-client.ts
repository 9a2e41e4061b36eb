import { onlineManager, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.js';

const RETRIES = 2;
const STALE_MS = 30_000;

/**
 * Keeps the answers of the API. Without a network a request fails at once, and says so: one that waited for the network would
 * be sent when who started it has long given it up.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        networkMode: 'always',
        refetchOnReconnect: true,
        // What was refused is refused again; what did not arrive may.
        retry: (count, error) =>
          count < RETRIES && onlineManager.isOnline() && !(error instanceof ApiProblem && error.status < 500),
      },
      mutations: { networkMode: 'always' },
    },
  });
}
