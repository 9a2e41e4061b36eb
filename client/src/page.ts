/** What a page, or a worker of it, is told by the browser. Elsewhere nothing of it exists, and nothing happens. */
export interface PageOwner {
  /** The browser reports a network, or none. */
  onNetwork(): void;
  /** The page has come to the foreground. */
  onVisible(): void;
}

/** The parts of a browser that Node and workers may lack. */
const platform = globalThis as {
  navigator?: { onLine?: boolean };
  document?: EventTarget & { visibilityState: string };
  addEventListener?: EventTarget['addEventListener'];
};

/** Whether the browser reports no network. It may be wrong. */
export function isOffline(): boolean {
  return platform.navigator?.onLine === false;
}

/** Listens until the signal is aborted. */
export function watchPage(owner: PageOwner, signal: AbortSignal): void {
  for (const name of ['online', 'offline']) platform.addEventListener?.(name, () => owner.onNetwork(), { signal });
  platform.document?.addEventListener(
    'visibilitychange',
    () => {
      if (platform.document?.visibilityState === 'visible') owner.onVisible();
    },
    { signal },
  );
}
