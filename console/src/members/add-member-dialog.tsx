import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { fieldError, formError } from '../api/problem.js';
import { ORG_ROLES, type Organization } from '../api/types.js';
import { useMembers } from '../organizations/organizations.js';
import { useSession } from '../session/session.js';
import { Button } from '../ui/button.js';
import { capitalized } from '../ui/capitalized.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { textOf } from '../ui/form-text.js';
import { isolated } from '../ui/isolated.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';

export function AddMemberDialog({ organization, onClose }: { organization: Organization; onClose: () => void }) {
  const { id, name, role } = organization;
  const api = useApi();
  const client = useQueryClient();
  const roles = role === 'owner' ? ORG_ROLES : (['member'] as const);
  const action = useAction(async (form: FormData) => {
    await api.send('POST', path`/orgs/${id}/members`, { user_id: textOf(form, 'user_id'), role: textOf(form, 'role') });
    await client.invalidateQueries({ queryKey: keys.members(id) });
  }, onClose);
  return (
    <Dialog
      title="Add member"
      about={`They get access to ${isolated(name)} right away and are notified.`}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(new FormData(event.currentTarget));
        }}
      >
        <div className="dialog-body">
          <ProblemNotice error={formError(action.error, ['user_id', 'role'])} />
          <Field
            label="User ID"
            hint="Their ID in your identity provider. They don’t need to have signed in yet."
            error={fieldError(action.error, 'user_id')}
          >
            {(control) => (
              <input {...control} name="user_id" list="known-users" required maxLength={255} autoComplete="off" />
            )}
          </Field>
          <KnownUsers orgId={id} />
          <Field label="Role" error={fieldError(action.error, 'role')}>
            {(control) => (
              <select {...control} name="role" defaultValue="member">
                {roles.map((each) => (
                  <option key={each} value={each}>
                    {capitalized(each)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={action.isRunning}>
            Add member
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Suggests users whose names the page knows and who aren't members yet. */
function KnownUsers({ orgId }: { orgId: string }) {
  const { names } = useSession();
  const { data } = useMembers(orgId);
  const members = new Set(data?.items.map(({ user_id }) => user_id));
  return (
    <datalist id="known-users">
      {[...names]
        .filter(([userId]) => !members.has(userId))
        .map(([userId, name]) => (
          <option key={userId} value={userId}>
            {name}
          </option>
        ))}
    </datalist>
  );
}
