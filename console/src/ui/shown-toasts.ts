export interface ToastContent {
  title: string;
  body?: string | undefined;
  tone?: 'plain' | 'ok' | 'warn' | 'danger';
  /** Stays until dismissed, for messages that must not be missed. */
  isSticky?: boolean;
}

export type Toast = ToastContent & { id: number };

const MOST_PASSING = 4;

/** Adds a toast; if there are too many, drops the oldest that aren't sticky. */
export function withToast(toasts: readonly Toast[], added: Toast): readonly Toast[] {
  const all = [...toasts, added];
  const passing = all.filter(({ isSticky }) => isSticky !== true);
  const dropped = new Set(passing.slice(0, -MOST_PASSING));
  return all.filter((toast) => !dropped.has(toast));
}
