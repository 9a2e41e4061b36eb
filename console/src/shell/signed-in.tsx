import { QueryClientProvider } from '@tanstack/react-query';
import { HeraldProvider } from '@herald/client/react';
import { useMemo, useState } from 'react';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Api, ApiContext } from '../api/api.js';
import { createQueryClient } from '../api/query-client.js';
import { useSession } from '../session/session.js';
import { Announcer } from '../ui/announcer.js';
import { ToastProvider } from '../ui/toasts.js';
import { LiveOrganizationProvider } from './live-organization.js';
import { Shell } from './shell.js';

/** The providers of a signed-in user's page. Remounted for another user, so that nothing of the previous one stays. */
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
