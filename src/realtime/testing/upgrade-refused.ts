import { setTimeout as wait } from 'node:timers/promises';

const TRIES_FOR_MS = 10_000;
const PAUSE_MS = 250;

/** An upgrade that was answered with an HTTP error. */
export class UpgradeRefusedError extends Error {
  override readonly name = 'UpgradeRefusedError';

  constructor(
    url: string,
    readonly status: number,
  ) {
    super(`The upgrade of ${url} was answered with ${status}`);
  }
}

/**
 * Retries while the answer is 503, as `Retry-After` asks clients to: a node in a busy test process sheds load when its event
 * loop lags.
 */
export async function onceThereIsRoom<T>(open: () => Promise<T>): Promise<T> {
  const end = performance.now() + TRIES_FOR_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isFull = error instanceof UpgradeRefusedError && error.status === 503;
      if (!isFull || performance.now() > end) throw error;
      await wait(PAUSE_MS);
    }
  }
}
