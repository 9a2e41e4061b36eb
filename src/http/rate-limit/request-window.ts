import type { ThrottlerStorage } from '@nestjs/throttler';

/** The throttler's record of a key; the package does not export the type. */
export type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** A key's requests in a fixed time from the first one. */
export interface RequestWindow {
  requests: number;
  endsInMs: number;
}

/** Requests beyond the limit are blocked until the end of the window. */
export function recordOf({ requests, endsInMs }: RequestWindow, limit: number): ThrottlerRecord {
  // Rounded up, so that a client that waits for this long is not blocked.
  const seconds = Math.max(1, Math.ceil(endsInMs / 1_000));
  const isBlocked = requests > limit;
  return { totalHits: requests, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
}
