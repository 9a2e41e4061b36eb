import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { HeraldProvider } from '@herald/client/react';
import { useMemo, useState } from 'react';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Api, ApiContext } from '../api/api.js';
import { ApiProblem } from '../api/problem.js';
import { useSession } from '../session/session.js';
import { Announcer } from '../ui/announcer.js';
import { ToastProvider } from '../ui/toasts.js';
import { LiveOrganizationProvider } from './live-organization.js';
import { Shell } from './shell.js';

const RETRIES = 2;
const STALE_MS = 30_000;

/** All that a signed-in user's page stands on. Another user starts it anew, with nothing of the one before. */
export function SignedIn({ signOut }: { signOut: () => Promise<void> }) {
  const session = useSession();
  const [client] = useState(createQueryClient);
  const api = useMemo(() => new Api(session), [session]);
  return (
    <HeraldProvider userId={session.userId} getToken={(request) => session.getToken(request)} presence>
      <QueryClientProvider client={client}>
        <ApiContext value={api}>
          <Router hook={useHashLocation}>
            <Announcer>
              <ToastProvider>
                <LiveOrganizationProvider>
                  <Shell signOut={signOut} />
                </LiveOrganizationProvider>
              </ToastProvider>
            </Announcer>
          </Router>
        </ApiContext>
      </QueryClientProvider>
    </HeraldProvider>
  );
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        // What was refused is refused again; what did not arrive may.
        retry: (count, error) => count < RETRIES && !(error instanceof ApiProblem && error.status < 500),
      },
    },
  });
}
