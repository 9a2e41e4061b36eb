import { Bell, CircleAlert, CircleCheck, TriangleAlert, X } from 'lucide-react';
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
import { createPortal } from 'react-dom';
import '../styles/overlays.css';
import { IconButton } from './button.js';

export interface ToastContent {
  title: string;
  body?: string | undefined;
  tone?: 'plain' | 'ok' | 'warn' | 'danger';
  /** Stays until it is dismissed: for what must not be missed. */
  isSticky?: boolean;
}

type Toast = ToastContent & { id: number };

const SHOWN = 4;
const LIFE_MS = 6_000;
const ICONS = { plain: Bell, ok: CircleCheck, warn: TriangleAlert, danger: CircleAlert };

const ToastContext = createContext<(toast: ToastContent) => void>(() => undefined);
const HostContext = createContext<(host: HTMLElement) => () => void>(() => () => undefined);

/** Shows a few words in the corner, for some seconds. */
export function useToast(): (toast: ToastContent) => void {
  return use(ToastContext);
}

/**
 * Takes the toasts into an element until the answer is called: an open modal dialog covers whatever is outside of it, and
 * hides it from clicks and screen readers.
 */
export function useToastHost(): (host: HTMLElement) => () => void {
  return use(HostContext);
}

let lastId = 0;

/** Holds what is shown in the corner; a live region, so that it is heard as well. */
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
  const show = useCallback(
    (content: ToastContent) => {
      lastId += 1;
      const toast = { ...content, id: lastId };
      setToasts((before) => [...before, toast].slice(-SHOWN));
      if (content.isSticky !== true) setTimeout(() => dismiss(toast.id), LIFE_MS);
    },
    [dismiss],
  );

  const cards = useMemo(
    () => toasts.map((toast) => <ToastCard key={toast.id} toast={toast} dismiss={dismiss} />),
    [toasts, dismiss],
  );
  const corner = (
    <div className="toasts" role="status" aria-live="polite">
      {cards}
    </div>
  );
  return (
    <ToastContext value={show}>
      <HostContext value={takeInto}>{children}</HostContext>
      {createPortal(corner, hosts.at(-1) ?? document.body)}
    </ToastContext>
  );
}

function ToastCard({ toast, dismiss }: { toast: Toast; dismiss: (id: number) => void }) {
  const { id, title, body, tone = 'plain' } = toast;
  const Icon = ICONS[tone];
  return (
    <div className="toast" data-tone={tone}>
      <Icon size={16} aria-hidden="true" />
      <div className="wrap">
        <strong>
          <bdi>{title}</bdi>
        </strong>
        {body !== undefined && <p dir="auto">{body}</p>}
      </div>
      <IconButton label="Dismiss" size="s" onClick={() => dismiss(id)}>
        <X size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
