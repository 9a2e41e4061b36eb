import { createContext, type ReactNode, use, useEffect, useState } from 'react';

interface LiveOrganization {
  orgId: string | null;
  setOrgId: (orgId: string | null) => void;
}

const LiveOrganizationContext = createContext<LiveOrganization>({ orgId: null, setOrgId: () => undefined });

/** Remembers which organization's events are on show, so that the header can tell of their connection. */
export function LiveOrganizationProvider({ children }: { children: ReactNode }) {
  const [orgId, setOrgId] = useState<string | null>(null);
  return <LiveOrganizationContext value={{ orgId, setOrgId }}>{children}</LiveOrganizationContext>;
}

/** The organization whose events are on show; null: none. */
export function useLiveOrganization(): string | null {
  return use(LiveOrganizationContext).orgId;
}

/** Says that the events of an organization are on show, while the component is. */
export function useShowsLive(orgId: string): void {
  const { setOrgId } = use(LiveOrganizationContext);
  useEffect(() => {
    setOrgId(orgId);
    return () => setOrgId(null);
  }, [orgId, setOrgId]);
}
