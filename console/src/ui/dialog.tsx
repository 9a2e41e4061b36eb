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
 * A modal dialog, open while it is mounted. The browser traps the focus and handles Escape. On unmount, the focus returns to where
 * it was.
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
    // The browser would focus the close button.
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
        // Unmounting closes the dialog, so that the state and the page agree.
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        // The backdrop's events have the dialog as their target. A click there must not discard typed text.
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
