const BASE_MS = 500;
const CAP_MS = 30_000;
/** Over which the clients of a server that restarts spread themselves. */
const RESTART_MS = 5_000;

export const UNAUTHORIZED = 4001;
const FORBIDDEN = 4003;
const RESTARTING = 1012;

/** What there is to know before connecting anew. */
export interface Setback {
  /** Of the close; 1006 where there was none. */
  code: number;
  /** How many attempts or links before this one have ended without having held a while. */
  failures: number;
  /** Whether the token of the attempt had replaced one that was refused. */
  isRenewed: boolean;
}

/**
 * How long to wait before the next attempt: milliseconds, by chance, so that clients that were sent away at one moment do not
 * come back at one moment.
 * @returns null if there is to be none
 */
export function delayAfter({ code, failures, isRenewed }: Setback, random = Math.random): number | null {
  if (code === FORBIDDEN) return null;
  if (code === UNAUTHORIZED && !isRenewed) return 0;
  const backOff = Math.min(CAP_MS, BASE_MS * 2 ** failures);
  return random() * (code === RESTARTING ? Math.max(RESTART_MS, backOff) : backOff);
}
