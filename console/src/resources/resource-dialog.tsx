import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { fieldError, formError } from '../api/problem.js';
import { type Resource, SENSITIVITIES } from '../api/types.js';
import { Button } from '../ui/button.js';
import { capitalized } from '../ui/capitalized.js';
import { Dialog } from '../ui/dialog.js';
import { Choice, Field } from '../ui/field.js';
import { textOf } from '../ui/form-text.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { useAction } from '../ui/use-action.js';
import { resourcePath, useResource } from './resources.js';

interface ResourceDialogProps {
  orgId: string;
  /** The resource to edit; creates a new one if it is missing. */
  resourceId?: string;
  onClose: () => void;
}

export function ResourceDialog({ orgId, resourceId, onClose }: ResourceDialogProps) {
  if (resourceId === undefined) {
    return (
      <Dialog title="New resource" about="Members online see it immediately." onClose={onClose}>
        <ResourceForm orgId={orgId} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title="Edit resource" onClose={onClose}>
      <LoadedForm orgId={orgId} id={resourceId} onClose={onClose} />
    </Dialog>
  );
}

/** Loads the resource first, because the list lacks its description. */
function LoadedForm({ orgId, id, onClose }: { orgId: string; id: string; onClose: () => void }) {
  const { data, error, refetch } = useResource(orgId, id);
  if (data !== undefined) return <ResourceForm orgId={orgId} resource={data} onClose={onClose} />;
  return (
    <div className="dialog-body">
      {error === null ? (
        <SkeletonRows count={2} label="Loading the resource" />
      ) : (
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      )}
    </div>
  );
}

const FIELDS = ['name', 'sensitivity', 'description'];

function ResourceForm({ orgId, resource, onClose }: { orgId: string; resource?: Resource; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const action = useAction(async (form: FormData) => {
    const body = {
      name: textOf(form, 'name'),
      sensitivity: textOf(form, 'sensitivity'),
      description: textOf(form, 'description') || null,
    };
    if (resource === undefined) await api.send('POST', path`/orgs/${orgId}/resources`, body);
    else await api.send('PATCH', resourcePath(orgId, resource.id), body);
    // The event updates the list too, but not while the connection is lost.
    void client.invalidateQueries({ queryKey: keys.resources(orgId) });
    if (resource !== undefined) void client.invalidateQueries({ queryKey: keys.resource(orgId, resource.id) });
  }, onClose);
  const sensitivity = resource?.sensitivity ?? 'normal';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(new FormData(event.currentTarget));
      }}
    >
      <div className="dialog-body">
        <ProblemNotice error={formError(action.error, FIELDS)} />
        <Field label="Name" error={fieldError(action.error, 'name')}>
          {(control) => (
            <input
              {...control}
              name="name"
              defaultValue={resource?.name}
              placeholder="Quarterly plan"
              required
              maxLength={200}
              autoComplete="off"
            />
          )}
        </Field>
        <fieldset className="fieldset">
          <legend>Sensitivity</legend>
          <div className="choices">
            {SENSITIVITIES.map((each) => (
              <Choice
                key={each}
                title={capitalized(each)}
                name="sensitivity"
                value={each}
                defaultChecked={each === sensitivity}
              />
            ))}
          </div>
        </fieldset>
        <Field label="Description" hint="Optional" error={fieldError(action.error, 'description')}>
          {(control) => (
            <textarea
              {...control}
              name="description"
              rows={3}
              maxLength={10_000}
              defaultValue={resource?.description ?? ''}
            />
          )}
        </Field>
      </div>
      <div className="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" isBusy={action.isRunning}>
          {resource === undefined ? 'Create resource' : 'Save changes'}
        </Button>
      </div>
    </form>
  );
}
