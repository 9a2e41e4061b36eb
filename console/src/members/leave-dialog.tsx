import { useLocation } from 'wouter';
import { useApi } from '../api/api.js';
import { path } from '../api/path.js';
import type { Organization } from '../api/types.js';
import { useRefreshOrganizations } from '../organizations/organizations.js';
import { useSession } from '../session/session.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { isolated } from '../ui/isolated.js';
import { useToast } from '../ui/toasts.js';

export function LeaveDialog({ organization, onClose }: { organization: Organization; onClose: () => void }) {
  const { id, name } = organization;
  const { userId } = useSession();
  const api = useApi();
  const refresh = useRefreshOrganizations();
  const toast = useToast();
  const [, navigate] = useLocation();
  return (
    <ConfirmDialog
      title={`Leave ${isolated(name)}?`}
      about="You’ll lose access to its resources and events. An owner or admin can add you again."
      confirm="Leave organization"
      onClose={onClose}
      run={async () => {
        await api.send('DELETE', path`/orgs/${id}/members/${userId}`);
        await refresh();
        navigate('/');
        toast({ title: `You left ${isolated(name)}`, tone: 'ok' });
      }}
    />
  );
}
