import type { ThrottlerStorage } from '@nestjs/throttler';

/** What the throttler takes for the state of a key; the package does not export its name. */
export type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** The requests of a key since the first of them, for a fixed time. */
export interface RequestWindow {
  requests: number;
  endsInMs: number;
}

/** Judges a window by its limit: what is beyond it has to wait for its end. */
export function recordOf({ requests, endsInMs }: RequestWindow, limit: number): ThrottlerRecord {
  // Rounded up: a client that waits as many seconds as it was told must pass.
  const seconds = Math.max(1, Math.ceil(endsInMs / 1_000));
  const isBlocked = requests > limit;
  return { totalHits: requests, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
}
