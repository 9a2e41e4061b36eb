import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import '../styles/overlays.css';
import { IconButton } from './button.js';
import { rememberFocus } from './focus.js';
import { useToastHost } from './toasts.js';

interface DialogProps {
  title: ReactNode;
  about?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

const FIRST = '.dialog-body :is(input, select, textarea), .dialog-foot button';
const CHOSEN = '[data-first]';

/**
 * A modal dialog that is open while it is mounted. The browser keeps the focus in it, and closes it on Escape; in the end the
 * focus goes back to what had it.
 */
export function Dialog({ title, about, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const takeToastsInto = useToastHost();

  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    const giveFocusBack = rememberFocus();
    if (!dialog.open) dialog.showModal();
    // Where one goes on: not the button that closes it, which the browser would choose.
    (dialog.querySelector<HTMLElement>(CHOSEN) ?? dialog.querySelector<HTMLElement>(FIRST))?.focus();
    const giveToastsBack = takeToastsInto(dialog);
    return () => {
      giveToastsBack();
      dialog.close();
      giveFocusBack();
    };
  }, [takeToastsInto]);

  return (
    <dialog
      ref={ref}
      className="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        // It is closed by unmounting it, so that state and what is on show agree.
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        // Only the backdrop is the dialog itself. A click beside it must not throw away what was typed.
        if (event.target === event.currentTarget && !isTypedIn(event.currentTarget)) onClose();
      }}
    >
      <div className="dialog-head">
        <div>
          <h2 id={titleId} className="wrap">
            {title}
          </h2>
          {about !== undefined && <p className="wrap">{about}</p>}
        </div>
        <IconButton label="Close" size="s" onClick={onClose}>
          <X size={16} aria-hidden="true" />
        </IconButton>
      </div>
      {children}
    </dialog>
  );
}

function isTypedIn(dialog: HTMLElement): boolean {
  const fields = dialog.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea');
  return [...fields].some(({ value, defaultValue }) => value !== defaultValue);
}
