import { Bell, CircleAlert, CircleCheck, TriangleAlert, X } from 'lucide-react';
import {
  createContext,
  type ReactNode,
  type SyntheticEvent,
  use,
  useCallback,
  useEffect,
  useEffectEvent,
  useState,
} from 'react';
import { createPortal } from 'react-dom';
import '../styles/overlays.css';
import { IconButton } from './button.js';
import { type Toast, type ToastContent, withToast } from './shown-toasts.js';

const LIFE_MS = 6_000;
const ICONS = { plain: Bell, ok: CircleCheck, warn: TriangleAlert, danger: CircleAlert };

const ToastContext = createContext<(toast: ToastContent) => void>(() => undefined);
const HostContext = createContext<(host: HTMLElement) => () => void>(() => () => undefined);

/** Shows a message in the corner for some seconds. */
export function useToast(): (toast: ToastContent) => void {
  return use(ToastContext);
}

/**
 * Moves the toasts into an element until the returned function is called: an open modal dialog makes everything outside it inert,
 * for clicks and for screen readers.
 */
export function useToastHost(): (host: HTMLElement) => () => void {
  return use(HostContext);
}

let lastId = 0;

/** Holds the toasts, in a live region so that screen readers announce them. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const [hosts, setHosts] = useState<readonly HTMLElement[]>([]);

  const takeInto = useCallback((host: HTMLElement) => {
    setHosts((before) => [...before, host]);
    return () => setHosts((before) => before.filter((other) => other !== host));
  }, []);
  const dismiss = useCallback((id: number) => {
    setToasts((before) => before.filter((toast) => toast.id !== id));
  }, []);
  const show = useCallback((content: ToastContent) => {
    lastId += 1;
    const toast = { ...content, id: lastId };
    setToasts((before) => withToast(before, toast));
  }, []);

  return (
    <ToastContext value={show}>
      <HostContext value={takeInto}>{children}</HostContext>
      {createPortal(<Corner toasts={toasts} dismiss={dismiss} />, hosts.at(-1) ?? document.body)}
    </ToastContext>
  );
}

interface CornerProps {
  toasts: readonly Toast[];
  dismiss: (id: number) => void;
}

/** Toasts stay while one of them is hovered or focused, so that none moves from under the pointer. */
function Corner({ toasts, dismiss }: CornerProps) {
  const [isHeld, setHeld] = useState(false);
  const look = ({ currentTarget }: SyntheticEvent) => setHeld(currentTarget.matches(':hover, :focus-within'));
  return (
    <div
      className="toasts"
      role="status"
      aria-live="polite"
      onMouseOver={look}
      onMouseLeave={look}
      onFocus={look}
      onBlur={look}
    >
      {toasts.map((toast) => (
        <ToastCard
          key={toast.id}
          toast={toast}
          isHeld={isHeld}
          dismiss={() => {
            // Removing the focused element fires no blur event.
            setHeld(false);
            dismiss(toast.id);
          }}
        />
      ))}
    </div>
  );
}

interface ToastCardProps {
  toast: Toast;
  isHeld: boolean;
  dismiss: () => void;
}

function ToastCard({ toast, isHeld, dismiss }: ToastCardProps) {
  const { title, body, tone = 'plain', isSticky = false } = toast;
  const Icon = ICONS[tone];
  const pass = useEffectEvent(dismiss);
  useEffect(() => {
    if (isSticky || isHeld) return;
    const timer = setTimeout(pass, LIFE_MS);
    return () => clearTimeout(timer);
  }, [isSticky, isHeld]);
  return (
    <div className="toast" data-tone={tone}>
      <Icon size={16} aria-hidden="true" />
      <div className="wrap">
        <strong>
          <bdi>{title}</bdi>
        </strong>
        {body !== undefined && <p dir="auto">{body}</p>}
      </div>
      <IconButton label="Dismiss" size="s" onClick={dismiss}>
        <X size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
