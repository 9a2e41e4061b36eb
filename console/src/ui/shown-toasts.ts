export interface ToastContent {
  title: string;
  body?: string | undefined;
  tone?: 'plain' | 'ok' | 'warn' | 'danger';
  /** Stays until it is dismissed: for what must not be missed. */
  isSticky?: boolean;
}

export type Toast = ToastContent & { id: number };

const MOST_PASSING = 4;

/** Adds a toast, and drops the oldest of those that pass by themselves if they are too many. */
export function withToast(toasts: readonly Toast[], added: Toast): readonly Toast[] {
  const all = [...toasts, added];
  const passing = all.filter(({ isSticky }) => isSticky !== true);
  const dropped = new Set(passing.slice(0, -MOST_PASSING));
  return all.filter((toast) => !dropped.has(toast));
}
