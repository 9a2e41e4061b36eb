import type { ComponentProps, ReactNode } from 'react';

interface ButtonProps extends ComponentProps<'button'> {
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  icon?: ReactNode;
  /** Its action is running: shows a spinner and ignores clicks. */
  isBusy?: boolean;
}

export function Button({ kind = 'plain', icon, isBusy = false, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className="button"
      data-kind={kind}
      // Not `disabled`: that would take the focus away.
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={isBusy ? undefined : onClick}
      {...rest}
    >
      {isBusy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<'button'> {
  label: string;
  size?: 's' | 'm';
}

/** A button with only an icon; the label is its accessible name and tooltip. */
export function IconButton({ label, size = 'm', children, ...rest }: IconButtonProps) {
  return (
    <button type="button" className="icon-button" data-size={size} aria-label={label} title={label} {...rest}>
      {children}
    </button>
  );
}

function Spinner() {
  return (
    <svg className="spinner" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="26 16" />
    </svg>
  );
}
