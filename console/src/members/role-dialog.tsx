import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { type Member, ORG_ROLES, type OrgRole } from '../api/types.js';
import { useRefreshOrganizations } from '../organizations/organizations.js';
import type { Person } from '../people/people.js';
import { Button } from '../ui/button.js';
import { capitalized } from '../ui/capitalized.js';
import { Dialog } from '../ui/dialog.js';
import { Choice } from '../ui/field.js';
import { isolated } from '../ui/isolated.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useToast } from '../ui/toasts.js';
import { useAction } from '../ui/use-action.js';

const ABOUT: Record<OrgRole, string> = {
  owner: 'Full access: manage roles, rename and delete the organization',
  admin: 'Can add and remove members',
  member: 'Can work with resources',
};

interface RoleDialogProps {
  orgId: string;
  member: Member;
  person: Person;
  onClose: () => void;
}

/** Changes a member's role on submit only, so that arrow keys can pass over the choices. */
export function RoleDialog({ orgId, member, person, onClose }: RoleDialogProps) {
  const api = useApi();
  const client = useQueryClient();
  const refresh = useRefreshOrganizations();
  const toast = useToast();
  const [role, setRole] = useState(member.role);
  const name = isolated(person.name);

  const change = useAction(async () => {
    if (role !== member.role) {
      await api.send('PATCH', path`/orgs/${orgId}/members/${member.user_id}`, { role });
      toast({ title: `${name} is now ${role === 'member' ? 'a' : 'an'} ${role}`, tone: 'ok' });
      await client.invalidateQueries({ queryKey: keys.members(orgId) });
      // The user may have changed their own role.
      await refresh(orgId);
    }
    onClose();
  });
  return (
    <Dialog title={`Change ${name}’s role`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void change.run();
        }}
      >
        <div className="dialog-body">
          <ProblemNotice error={change.error} />
          {person.isYou && (
            <p className="muted wrap">This is your own role. If you stop being owner, you can’t undo it yourself.</p>
          )}
          <fieldset className="fieldset">
            <legend className="visually-hidden">Role</legend>
            {ORG_ROLES.map((each) => (
              <Choice
                key={each}
                title={capitalized(each)}
                about={ABOUT[each]}
                name="role"
                value={each}
                checked={each === role}
                data-first={each === member.role || undefined}
                onChange={() => setRole(each)}
              />
            ))}
          </fieldset>
        </div>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={change.isRunning}>
            Change role
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
