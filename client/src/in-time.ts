import { after } from './timer.js';

/**
 * Does something that may never end by itself.
 * @param name of what is done, for the error
 * @param signal ends it, too
 * @param work is given a signal that is aborted when it is too late, or with the other while it goes on
 * @throws what the work throws, an Error when it is too late, or the reason of the signal
 */
export async function inTime<T>(
  name: string,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const end = new AbortController();
  const cancel = after(ms, () => end.abort(new Error(`${name} takes longer than ${ms} ms`)), true);
  const stop = (): void => end.abort(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work(end.signal), aborted(end.signal)]);
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

/** Rejects with the reason of the signal, once there is one. */
export async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw signal.reason;
}
