import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 5;

/** Waits for a condition; fails when it has not come true in time. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${condition.toString()}`);
    await wait(POLL_MS);
  }
}
