import { useApi } from '../api/api.js';
import { path } from '../api/path.js';
import { fieldError, formError } from '../api/problem.js';
import { useMembers } from '../organizations/organizations.js';
import { peopleOf } from '../people/people.js';
import { useSession } from '../session/session.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { textOf } from '../ui/form-text.js';
import { isolated } from '../ui/isolated.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';
import { useToast } from '../ui/toasts.js';

interface MessageDialogProps {
  orgId: string;
  /** The recipient; the user chooses if it is missing. */
  to?: string;
  onClose: () => void;
}

export function MessageDialog({ orgId, to, onClose }: MessageDialogProps) {
  const api = useApi();
  const session = useSession();
  const toast = useToast();
  const { data, error } = useMembers(orgId);
  const members = data?.items ?? [];
  const personOf = peopleOf(members, session);
  const others = members.map(({ user_id }) => personOf(user_id)).filter(({ isYou }) => !isYou);

  const action = useAction(async (form: FormData) => {
    const recipient = textOf(form, 'to');
    await api.send('POST', path`/orgs/${orgId}/messages`, { to: recipient, body: textOf(form, 'body') });
    toast({ title: `Message sent to ${isolated(personOf(recipient).name)}`, tone: 'ok' });
  }, onClose);
  const isAlone = data !== undefined && others.length === 0;
  return (
    <Dialog title="Send message" about="They’ll get a notification." onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(new FormData(event.currentTarget));
        }}
      >
        <div className="dialog-body">
          <ProblemNotice error={error ?? formError(action.error, ['to', 'body'])} />
          {isAlone && <p className="notice">You’re the only member. Add someone to message them.</p>}
          <Field label="To" error={fieldError(action.error, 'to')}>
            {(control) => (
              // Remount once the members are loaded: an uncontrolled select keeps its first default.
              <select {...control} key={others.length} name="to" defaultValue={to} required disabled={isAlone}>
                {others.map(({ userId, name, detail }) => (
                  <option key={userId} value={userId}>
                    {detail === null ? name : `${isolated(name)} (${isolated(detail)})`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Message" error={fieldError(action.error, 'body')}>
            {(control) => (
              <textarea
                {...control}
                data-first={to === undefined ? undefined : true}
                name="body"
                rows={4}
                required
                maxLength={4_000}
                disabled={isAlone}
              />
            )}
          </Field>
        </div>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={action.isRunning} disabled={isAlone}>
            Send
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
