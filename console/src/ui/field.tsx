import { CircleAlert } from 'lucide-react';
import { type ComponentProps, type ReactNode, useEffect, useId } from 'react';

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  /** Renders the control with its id and description. */
  children: (control: ControlProps) => ReactNode;
}

interface ControlProps {
  id: string;
  className: string;
  'aria-invalid': true | undefined;
  'aria-describedby': string | undefined;
}

/** A labelled form control with a hint or an error. The first control with an error gets the focus. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  useEffect(() => {
    if (error === undefined) return;
    const control = document.getElementById(id);
    if (control?.closest('form')?.querySelector('[aria-invalid]') === control) control?.focus();
  }, [error, id]);

  const hasNote = error !== undefined || hint !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: 'input',
        'aria-invalid': error === undefined ? undefined : true,
        'aria-describedby': hasNote ? noteId : undefined,
      })}
      {hasNote && <FieldNote id={noteId} hint={hint} error={error} />}
    </div>
  );
}

function FieldNote({ id, hint, error }: { id: string; hint: ReactNode; error: string | undefined }) {
  if (error === undefined) {
    return (
      <p id={id} className="field-hint">
        {hint}
      </p>
    );
  }
  return (
    <p id={id} className="field-error">
      <CircleAlert size={14} aria-hidden="true" style={{ marginTop: 3 }} />
      <span>{error}</span>
    </p>
  );
}

interface ChoiceProps extends ComponentProps<'input'> {
  title: string;
  about?: string;
}

/** A radio button with a title. */
export function Choice({ title, about, ...input }: ChoiceProps) {
  return (
    <label className="choice">
      <input type="radio" {...input} />
      <span>
        <strong>{title}</strong>
        {about !== undefined && <small>{about}</small>}
      </span>
    </label>
  );
}
