import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { createQueryClient } from './api/query-client.js';
import { OriginNotice } from './connection/origin-notice.js';
import { fetchConsoleConfig } from './session/console-config.js';
import { SignInGate } from './session/sign-in-gate.js';
import { Splash } from './session/splash.js';
import { BrokenPage } from './shell/broken-page.js';
import { ErrorBoundary } from './ui/error-boundary.js';

/** The root: loads the sign-in configuration first. */
export function App() {
  const [client] = useState(createQueryClient);
  return (
    <ErrorBoundary
      fallback={
        <main>
          <BrokenPage />
        </main>
      }
    >
      <QueryClientProvider client={client}>
        <Start />
      </QueryClientProvider>
    </ErrorBoundary>
  );
}

function Start() {
  const { data, error, refetch } = useQuery({
    queryKey: ['console'],
    queryFn: ({ signal }) => fetchConsoleConfig(signal),
    staleTime: Infinity,
  });
  if (data === undefined) return <Splash error={error} onRetry={() => void refetch()} />;
  return (
    <>
      {!data.allows_origin && <OriginNotice />}
      <SignInGate config={data} />
    </>
  );
}
