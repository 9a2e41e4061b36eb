import { onlineManager, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.js';

const RETRIES = 2;
const STALE_MS = 30_000;

/**
 * Caches the API's answers. Without a network, requests fail at once instead of waiting: a queued change would be sent long after
 * the user gave up on it.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        networkMode: 'always',
        refetchOnReconnect: true,
        // A refusal would repeat; a lost request may succeed.
        retry: (count, error) =>
          count < RETRIES && onlineManager.isOnline() && !(error instanceof ApiProblem && error.status < 500),
      },
      mutations: { networkMode: 'always' },
    },
  });
}
