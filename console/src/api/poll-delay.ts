import { ApiProblem } from './problem.js';

const AFTER_ERROR_S = 5;

/** Milliseconds until the next poll. After an error, at least as long as the server asks for. */
export function pollDelay(usualMs: number, error: Error | null): number {
  if (error === null) return usualMs;
  const asked = error instanceof ApiProblem ? error.retryAfter : null;
  return Math.max(usualMs, (asked ?? AFTER_ERROR_S) * 1_000);
}
