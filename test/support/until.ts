import { setTimeout as wait } from 'node:timers/promises';

const FIRST_POLL_MS = 5;
const LAST_POLL_MS = 100;

/** Waits for a condition; fails when it has not come true in time. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    const waited = performance.now() - start;
    if (waited > deadlineMs) throw new Error(`Not within ${deadlineMs} ms: ${condition.toString()}`);
    // The longer it takes, the less it matters to see it at once; and who asks all the time slows down what is waited for.
    await wait(Math.min(LAST_POLL_MS, FIRST_POLL_MS + waited / 20));
  }
}
