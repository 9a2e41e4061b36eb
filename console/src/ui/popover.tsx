import { type ComponentProps, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import '../styles/overlays.css';

interface PopoverProps {
  label: string;
  /** The button that opens it. */
  trigger: (props: TriggerProps) => ReactNode;
  /** Renders the panel's content. */
  children: (close: () => void) => ReactNode;
  align?: 'start' | 'end';
  width?: number;
}

type TriggerProps = Pick<ComponentProps<'button'>, 'onClick' | 'aria-expanded' | 'aria-controls' | 'aria-haspopup'>;

/** A panel below a button. Escape, a click outside or moving the focus outside closes it. */
export function Popover({ label, trigger, children, align = 'end', width = 320 }: PopoverProps) {
  // 'returned': closed from within, so the focus goes back to the button.
  const [state, setState] = useState<'closed' | 'open' | 'returned'>('closed');
  const isOpen = state === 'open';
  const root = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const panelId = useId();

  const close = () => setState('returned');

  useEffect(() => {
    if (state === 'returned') root.current?.querySelector('button')?.focus();
  }, [state]);

  useEffect(() => {
    if (!isOpen) return;
    panel.current?.focus();
    const closeOutside = (event: Event) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setState('closed');
    };
    // On the document, because the focused element may be gone, such as a "Load more" button.
    const closeOnEscape = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') setState('returned');
    };
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('focusin', closeOutside);
    document.addEventListener('keydown', closeOnEscape);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('focusin', closeOutside);
      document.removeEventListener('keydown', closeOnEscape);
    };
  }, [isOpen]);

  return (
    <div ref={root} className="popover" data-align={align}>
      {trigger({
        onClick: () => setState(isOpen ? 'closed' : 'open'),
        'aria-expanded': isOpen,
        'aria-controls': isOpen ? panelId : undefined,
        'aria-haspopup': 'dialog',
      })}
      {isOpen && (
        <div
          ref={panel}
          id={panelId}
          className="popover-panel"
          role="dialog"
          aria-label={label}
          tabIndex={-1}
          style={{ '--width': `${width}px` }}
        >
          {children(close)}
        </div>
      )}
    </div>
  );
}
