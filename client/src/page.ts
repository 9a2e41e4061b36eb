/** Called when a browser reports a change, in a page or a worker. Never called on other platforms. */
export interface PageOwner {
  /** The browser went online or offline. */
  onNetwork(): void;
  /** The page has come to the foreground. */
  onVisible(): void;
}

/** Browser APIs that Node and workers may lack. */
const platform = globalThis as {
  navigator?: { onLine?: boolean };
  document?: EventTarget & { visibilityState: string };
  addEventListener?: EventTarget['addEventListener'];
};

/** Whether the browser reports no network. The report may be wrong. */
export function isOffline(): boolean {
  return platform.navigator?.onLine === false;
}

/** Listens until the signal aborts. */
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
