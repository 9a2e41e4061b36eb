import { after } from './timer.js';

/**
 * Runs work with a timeout.
 * @param name names the work in the error
 * @param signal cancels the work
 * @param work receives a signal that aborts on the timeout or on cancellation
 * @throws what the work throws, an Error on the timeout, or the signal's reason
 */
export async function inTime<T>(
  name: string,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const end = new AbortController();
  const cancel = after(ms, () => end.abort(new Error(`${name} took longer than ${ms} ms`)), true);
  const stop = (): void => end.abort(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work(end.signal), aborted(end.signal)]);
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

/** Rejects with the signal's reason when it aborts. */
export async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw signal.reason;
}
