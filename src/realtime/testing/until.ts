import { setTimeout as wait } from 'node:timers/promises';

const SHORTEST_MS = 2;
/** Long waits poll less often, as a check may be costly, such as a request. */
const LONGEST_MS = 20;

/** Waits until a condition holds; fails on timeout. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (let pauseMs = SHORTEST_MS; !(await condition()); pauseMs = Math.min(pauseMs * 1.5, LONGEST_MS)) {
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${condition.toString()}`);
    await wait(pauseMs);
  }
}
