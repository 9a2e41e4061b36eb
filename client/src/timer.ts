/** Timers of all platforms take no more: they would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Runs something after a time of any length.
 * @param keepsAlive whether a process of Node waits for it
 * @returns what cancels it
 */
export function after(ms: number, run: () => void, keepsAlive = false): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : run()), Math.min(left, LONGEST_MS));
    // A number in browsers.
    if (!keepsAlive) (timer as { unref?: () => void }).unref?.();
  };
  wait(ms);
  return () => clearTimeout(timer);
}
