import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import type { ResourceSummary } from '../api/types.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { isolated } from '../ui/isolated.js';
import { resourcePath } from './resources.js';

interface DeleteResourceDialogProps {
  orgId: string;
  resource: Pick<ResourceSummary, 'id' | 'name'>;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteResourceDialog({ orgId, resource, onClose, onDeleted }: DeleteResourceDialogProps) {
  const api = useApi();
  const client = useQueryClient();
  return (
    <ConfirmDialog
      title={`Delete ${isolated(resource.name)}?`}
      about="This deletes it and its comments for every member. It can’t be undone."
      confirm="Delete resource"
      onClose={onClose}
      run={async () => {
        await api.send('DELETE', resourcePath(orgId, resource.id));
        onDeleted?.();
        await client.invalidateQueries({ queryKey: keys.resources(orgId) });
      }}
    />
  );
}
