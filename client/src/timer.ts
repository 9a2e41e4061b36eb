/** The longest delay that platform timers accept; longer ones fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Runs a function after a delay of any length.
 * @param keepsAlive whether the timer keeps a Node process running
 * @returns a function that cancels it
 */
export function after(ms: number, run: () => void, keepsAlive = false): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : run()), Math.min(left, LONGEST_MS));
    // In browsers the timer is a number.
    if (!keepsAlive) (timer as { unref?: () => void }).unref?.();
  };
  wait(ms);
  return () => clearTimeout(timer);
}
