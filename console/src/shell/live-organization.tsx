import { createContext, type ReactNode, use, useEffect, useState } from 'react';

interface LiveOrganization {
  orgId: string | null;
  setOrgId: (orgId: string | null) => void;
}

const LiveOrganizationContext = createContext<LiveOrganization>({ orgId: null, setOrgId: () => undefined });

/** Remembers which organization's events are shown, so that the header can show their connection. */
export function LiveOrganizationProvider({ children }: { children: ReactNode }) {
  const [orgId, setOrgId] = useState<string | null>(null);
  return <LiveOrganizationContext value={{ orgId, setOrgId }}>{children}</LiveOrganizationContext>;
}

/** The organization whose events are shown; null: none. */
export function useLiveOrganization(): string | null {
  return use(LiveOrganizationContext).orgId;
}

/** Marks an organization's events as shown while the component is mounted. */
export function useShowsLive(orgId: string): void {
  const { setOrgId } = use(LiveOrganizationContext);
  useEffect(() => {
    setOrgId(orgId);
    return () => setOrgId(null);
  }, [orgId, setOrgId]);
}
