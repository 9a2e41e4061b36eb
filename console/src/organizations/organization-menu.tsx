import { useQueryClient } from '@tanstack/react-query';
import { Ellipsis, LogOut, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import type { Organization } from '../api/types.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { LeaveDialog } from '../members/leave-dialog.js';
import { isolated } from '../ui/isolated.js';
import { Popover } from '../ui/popover.js';
import { NameOrganizationDialog } from './name-organization-dialog.js';
import { useRefreshOrganizations } from './organizations.js';

type Item = 'rename' | 'leave' | 'delete';

/** Actions on the organization itself. */
export function OrganizationMenu({ organization }: { organization: Organization }) {
  const [chosen, setChosen] = useState<Item | null>(null);
  const onClose = () => setChosen(null);
  const isOwner = organization.role === 'owner';
  return (
    <>
      <Popover
        label="More actions"
        width={220}
        trigger={(trigger) => (
          <button type="button" className="icon-button" aria-label="More actions" title="More actions" {...trigger}>
            <Ellipsis size={18} aria-hidden="true" />
          </button>
        )}
      >
        {(close) => {
          const choose = (item: Item) => () => {
            close();
            setChosen(item);
          };
          return (
            <div className="menu">
              {isOwner && (
                <button type="button" className="menu-item" onClick={choose('rename')}>
                  <Pencil size={15} aria-hidden="true" />
                  Rename…
                </button>
              )}
              <button type="button" className="menu-item" onClick={choose('leave')}>
                <LogOut size={15} aria-hidden="true" />
                Leave…
              </button>
              {isOwner && (
                <button type="button" className="menu-item" onClick={choose('delete')}>
                  <Trash2 size={15} aria-hidden="true" />
                  Delete…
                </button>
              )}
            </div>
          );
        }}
      </Popover>
      {chosen === 'rename' && <RenameDialog organization={organization} onClose={onClose} />}
      {chosen === 'leave' && <LeaveDialog organization={organization} onClose={onClose} />}
      {chosen === 'delete' && <DeleteDialog organization={organization} onClose={onClose} />}
    </>
  );
}

interface ItemDialogProps {
  organization: Organization;
  onClose: () => void;
}

function RenameDialog({ organization: { id, name }, onClose }: ItemDialogProps) {
  const api = useApi();
  const client = useQueryClient();
  const refresh = useRefreshOrganizations();
  return (
    <NameOrganizationDialog
      title="Rename organization"
      submit="Rename"
      name={name}
      onClose={onClose}
      run={async (newName) => {
        const renamed = await api.send<Organization>('PATCH', path`/orgs/${id}`, { name: newName });
        client.setQueryData(keys.organization(id), renamed);
        await refresh();
      }}
    />
  );
}

function DeleteDialog({ organization: { id, name }, onClose }: ItemDialogProps) {
  const api = useApi();
  const refresh = useRefreshOrganizations();
  const [, navigate] = useLocation();
  return (
    <ConfirmDialog
      title={`Delete ${isolated(name)}?`}
      about="All its resources, comments and exports are deleted for everyone. This can’t be undone."
      confirm="Delete organization"
      onClose={onClose}
      run={async () => {
        await api.send('DELETE', path`/orgs/${id}`);
        await refresh();
        navigate('/');
      }}
    />
  );
}
