import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import type { Organization } from '../api/types.js';
import type { Person } from '../people/people.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { isolated } from '../ui/isolated.js';

interface RemoveMemberDialogProps {
  organization: Organization;
  person: Person;
  onClose: () => void;
}

export function RemoveMemberDialog({ organization: { id, name }, person, onClose }: RemoveMemberDialogProps) {
  const api = useApi();
  const client = useQueryClient();
  return (
    <ConfirmDialog
      title={`Remove ${isolated(person.name)}?`}
      about={`They lose access to ${isolated(name)} immediately.`}
      confirm="Remove member"
      onClose={onClose}
      run={async () => {
        await api.send('DELETE', path`/orgs/${id}/members/${person.userId}`);
        await client.invalidateQueries({ queryKey: keys.members(id) });
      }}
    />
  );
}
