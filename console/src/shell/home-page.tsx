import { Building2, Plus } from 'lucide-react';
import { useState } from 'react';
import { Redirect } from 'wouter';
import { path } from '../api/path.js';
import { CreateOrganizationDialog } from '../organizations/create-organization-dialog.js';
import { useOrganizations } from '../organizations/organizations.js';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';
import { usePageTitle } from '../ui/page-title.js';
import { PageState } from '../ui/page-state.js';

/** Redirects to the first organization, or says how to get one. */
export function HomePage() {
  usePageTitle('Home');
  const [isCreating, setCreating] = useState(false);
  const { data, error, refetch } = useOrganizations();
  if (data === undefined) {
    return <PageState label="Loading your organizations" error={error} onRetry={() => void refetch()} />;
  }

  const [first] = data.items;
  if (first !== undefined) return <Redirect href={path`/orgs/${first.id}`} replace />;
  return (
    <>
      <Empty
        icon={Building2}
        title="You’re not in an organization yet"
        isPage
        actions={
          <Button kind="primary" icon={<Plus size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
            Create organization
          </Button>
        }
      >
        Create one, or ask to be added. It’ll appear here automatically.
      </Empty>
      {isCreating && <CreateOrganizationDialog onClose={() => setCreating(false)} />}
    </>
  );
}
