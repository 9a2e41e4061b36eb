import { useNotification } from '@herald/client/react';
import { useEffect, useState } from 'react';
import { usePageTitle } from '../ui/page-title.js';
import { PageState } from '../ui/page-state.js';
import { NoSuchOrganization, RemovedFromOrganization } from './gone-pages.js';
import { isNotFound, useOrganization, useRefreshOrganizations } from './organizations.js';
import { OrganizationView } from './organization-view.js';

/** One organization, or why it can't be shown. */
export function OrganizationPage({ orgId }: { orgId: string }) {
  const { data, error, dataUpdatedAt, isFetching, refetch } = useOrganization(orgId);
  const [removedAt, setRemovedAt] = useState<number | null>(null);
  const refreshList = useRefreshOrganizations();
  // Known from the closed connection or from an answer, whichever comes first.
  const isGone = isNotFound(error) || (removedAt !== null && dataUpdatedAt <= removedAt);
  const isShown = data !== undefined && !isGone;
  usePageTitle(isShown ? null : (data?.name ?? 'Organization'));

  useEffect(() => {
    if (isGone) void refreshList();
  }, [isGone, refreshList]);

  // A user who is added again gets the page back.
  useNotification((notification) => {
    if (notification.org_id === orgId && removedAt !== null) void refetch();
  });

  if (data === undefined) {
    if (isNotFound(error)) return <NoSuchOrganization />;
    return <PageState label="Loading the organization" error={error} onRetry={() => void refetch()} />;
  }
  if (isGone) {
    return <RemovedFromOrganization name={data.name} isChecking={isFetching} onCheck={() => void refetch()} />;
  }
  return <OrganizationView organization={data} onRemoved={() => setRemovedAt(Date.now())} />;
}
