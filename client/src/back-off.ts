const BASE_MS = 500;
const CAP_MS = 30_000;
/** Over which the clients of a server that restarts spread themselves. */
const RESTART_MS = 5_000;
/** A link that has lasted this long was a good one: what failed before is forgotten. */
const HELD_MS = 10_000;

export const UNAUTHORIZED = 4001;
const FORBIDDEN = 4003;
const RESTARTING = 1012;

/**
 * Says how long to wait before the next attempt: by chance, so that clients that were sent away at one moment do not come back
 * at one moment, and longer each time.
 */
export class BackOff {
  private failures = 0;
  /** Whether a token was refused since a link has held. */
  private isRefused = false;
  private connectedAt = Infinity;

  constructor(
    private readonly random = Math.random,
    private readonly now = (): number => performance.now(),
  ) {}

  /** There is a link now. */
  connected(): void {
    this.connectedAt = this.now();
  }

  /**
   * The link, or the attempt, has ended.
   * @param code of the close; 1006 where there was none
   * @returns milliseconds, or null if there is to be no other attempt
   */
  delayAfter(code: number): number | null {
    if (this.now() - this.connectedAt >= HELD_MS) {
      this.failures = 0;
      this.isRefused = false;
    }
    this.connectedAt = Infinity;
    const most = Math.min(CAP_MS, BASE_MS * 2 ** this.failures);
    this.failures += 1;
    if (code === FORBIDDEN) return null;
    // A new token may be what was missing; if it is refused, too, the next is no more likely to be taken.
    const isFirstRefusal = code === UNAUTHORIZED && !this.isRefused;
    this.isRefused ||= isFirstRefusal;
    return isFirstRefusal ? 0 : this.random() * (code === RESTARTING ? Math.max(RESTART_MS, most) : most);
  }
}
