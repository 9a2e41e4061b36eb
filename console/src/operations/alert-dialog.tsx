import { useApi } from '../api/api.js';
import { fieldError, formError } from '../api/problem.js';
import { SEVERITIES } from '../api/types.js';
import { useOrganizations } from '../organizations/organizations.js';
import { Button } from '../ui/button.js';
import { capitalized } from '../ui/capitalized.js';
import { Dialog } from '../ui/dialog.js';
import { Choice, Field } from '../ui/field.js';
import { textOf } from '../ui/form-text.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';
import { useToast } from '../ui/toasts.js';

const FIELDS = ['message', 'severity', 'alert_type', 'org_id'];

/** Sends an alert to everyone online or to one organization. */
export function AlertDialog({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const toast = useToast();
  const organizations = useOrganizations().data?.items ?? [];
  const action = useAction(async (form: FormData) => {
    const [orgId, alertType] = [textOf(form, 'org_id'), textOf(form, 'alert_type')];
    await api.send('POST', '/alerts', {
      message: textOf(form, 'message'),
      severity: textOf(form, 'severity'),
      ...(alertType !== '' && { alert_type: alertType }),
      ...(orgId !== '' && { org_id: orgId }),
    });
    toast({ title: 'Alert sent', tone: 'ok' });
    onClose();
  });
  return (
    <Dialog title="Send system alert" about="Shown immediately; not saved to the inbox." onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(new FormData(event.currentTarget));
        }}
      >
        <div className="dialog-body">
          <ProblemNotice error={formError(action.error, FIELDS)} />
          <Field label="Message" error={fieldError(action.error, 'message')}>
            {(control) => (
              <textarea
                {...control}
                name="message"
                rows={3}
                required
                maxLength={2_000}
                placeholder="We’ll restart the service at 22:00 UTC"
              />
            )}
          </Field>
          <fieldset className="fieldset">
            <legend>Severity</legend>
            <div className="choices">
              {SEVERITIES.map((severity) => (
                <Choice
                  key={severity}
                  title={capitalized(severity)}
                  name="severity"
                  value={severity}
                  defaultChecked={severity === 'info'}
                />
              ))}
            </div>
          </fieldset>
          <Field
            label="Type"
            hint="Optional label for integrations, e.g. maintenance"
            error={fieldError(action.error, 'alert_type')}
          >
            {(control) => <input {...control} name="alert_type" placeholder="general" maxLength={100} />}
          </Field>
          <Field
            label="Organization"
            hint="Leave empty to alert everyone online"
            error={fieldError(action.error, 'org_id')}
          >
            {(control) => <input {...control} name="org_id" placeholder="Everyone" list="alert-organizations" />}
          </Field>
          <datalist id="alert-organizations">
            {organizations.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </datalist>
        </div>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={action.isRunning}>
            Send alert
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
