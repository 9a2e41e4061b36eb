import { useLocation } from 'wouter';
import { useApi } from '../api/api.js';
import { path } from '../api/path.js';
import type { Organization } from '../api/types.js';
import { NameOrganizationDialog } from './name-organization-dialog.js';
import { useRefreshOrganizations } from './organizations.js';

/** Creates an organization and opens it. */
export function CreateOrganizationDialog({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const refresh = useRefreshOrganizations();
  const [, navigate] = useLocation();
  return (
    <NameOrganizationDialog
      title="Create organization"
      about="You’ll be its owner and can add others right away."
      submit="Create organization"
      onClose={onClose}
      run={async (name) => {
        const { id } = await api.send<Organization>('POST', '/orgs', { name });
        await refresh();
        navigate(path`/orgs/${id}`);
      }}
    />
  );
}
