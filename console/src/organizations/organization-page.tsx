import { useNotification } from '@herald/client/react';
import { useState } from 'react';
import { usePageTitle } from '../ui/page-title.js';
import { PageState } from '../ui/page-state.js';
import { NoSuchOrganization, RemovedFromOrganization } from './gone-pages.js';
import { isNotFound, useOrganization, useRefreshOrganizations } from './organizations.js';
import { OrganizationView } from './organization-view.js';

/** One organization, or why it is not on show (any more). */
export function OrganizationPage({ orgId }: { orgId: string }) {
  const { data, error, dataUpdatedAt, isFetching, refetch } = useOrganization(orgId);
  const [removedAt, setRemovedAt] = useState<number | null>(null);
  const refresh = useRefreshOrganizations();
  usePageTitle(data?.name ?? 'Organization');

  // Somebody who is added again finds the page as it was.
  useNotification((notification) => {
    if (notification.org_id === orgId && removedAt !== null) void refetch();
  });

  if (data === undefined) {
    if (isNotFound(error)) return <NoSuchOrganization />;
    return <PageState label="Loading the organization" error={error} onRetry={() => void refetch()} />;
  }
  const isRemoved = isNotFound(error) || (removedAt !== null && dataUpdatedAt <= removedAt);
  if (isRemoved) {
    return <RemovedFromOrganization name={data.name} isChecking={isFetching} onCheck={() => void refetch()} />;
  }
  return (
    <OrganizationView
      organization={data}
      onRemoved={() => {
        setRemovedAt(Date.now());
        void refresh();
      }}
    />
  );
}
