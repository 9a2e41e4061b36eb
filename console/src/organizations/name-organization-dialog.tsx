import { fieldError, formError } from '../api/problem.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { textOf } from '../ui/form-text.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';

interface NameOrganizationDialogProps {
  title: string;
  about?: string;
  submit: string;
  name?: string;
  run: (name: string) => Promise<void>;
  onClose: () => void;
}

/** Asks for the name of a new or an existing organization. */
export function NameOrganizationDialog({ title, about, submit, name, run, onClose }: NameOrganizationDialogProps) {
  const action = useAction((form: FormData) => run(textOf(form, 'name')), onClose);
  return (
    <Dialog title={title} about={about} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(new FormData(event.currentTarget));
        }}
      >
        <div className="dialog-body">
          <ProblemNotice error={formError(action.error, ['name'])} />
          <Field label="Name" error={fieldError(action.error, 'name')}>
            {(control) => (
              <input
                {...control}
                name="name"
                defaultValue={name}
                placeholder="Acme"
                required
                maxLength={200}
                autoComplete="off"
              />
            )}
          </Field>
        </div>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={action.isRunning}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
