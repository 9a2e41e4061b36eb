const BASE_MS = 500;
const CAP_MS = 30_000;
/** Clients of a restarting server spread their reconnects over this time. */
const RESTART_MS = 5_000;
/** A link that has lasted this long resets the back-off. */
const HELD_MS = 10_000;

export const UNAUTHORIZED = 4001;
const FORBIDDEN = 4003;
const RESTARTING = 1012;

/**
 * Decides how long to wait before the next attempt. The delay is random, so that clients disconnected together do not reconnect
 * together, and grows with each failure.
 */
export class BackOff {
  private failures = 0;
  /** Whether a token was refused since the last link that held. */
  private isRefused = false;
  private connectedAt = Infinity;

  constructor(
    private readonly random = Math.random,
    private readonly now = (): number => performance.now(),
  ) {}

  connected(): void {
    this.connectedAt = this.now();
  }

  /**
   * Called when the link or the attempt has ended.
   * @param code the close code; 1006 if there was none
   * @returns milliseconds, or null to stop trying
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
    // A new token may be all it takes: try one at once. If that is refused too, another is no more likely to work.
    const isFirstRefusal = code === UNAUTHORIZED && !this.isRefused;
    this.isRefused ||= isFirstRefusal;
    return isFirstRefusal ? 0 : this.random() * (code === RESTARTING ? Math.max(RESTART_MS, most) : most);
  }
}
