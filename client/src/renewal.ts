import { after } from './timer.js';

/** How long before its end a token is replaced; of one that has less, when half of it is over. */
const MARGIN_MS = 60_000;
/** Bounds how often the application is asked, whatever its tokens and the clocks say. */
const LEAST_MS = 1_000;
const LEAST_AGAIN_MS = 10_000;

/**
 * When to replace a token: milliseconds from now.
 * @param isRepeated whether one was asked for on this connection before
 */
export function renewalDelay(expiresAt: string, isRepeated: boolean, now = Date.now()): number {
  const left = Date.parse(expiresAt) - now;
  return Math.max(isRepeated ? LEAST_AGAIN_MS : LEAST_MS, left - Math.min(MARGIN_MS, left / 2));
}

/** Replaces the token of one connection before it ends. */
export class Renewal {
  private isRepeated = false;
  private cancelTimer = (): void => undefined;
  /** The server's clock, once the server has told its time. */
  private now = Date.now;

  /** @param renew gets a token and sends it; rejects if it can't, and is then called again */
  constructor(private readonly renew: () => Promise<void>) {}

  /**
   * The token ends then.
   * @param timestamp the server's time now: the device's clock may be wrong, or be corrected later
   */
  schedule(expiresAt: string, timestamp?: string): void {
    if (timestamp) {
      const ahead = Date.parse(timestamp) - performance.now();
      this.now = () => performance.now() + ahead;
    }
    this.cancel();
    this.cancelTimer = after(renewalDelay(expiresAt, this.isRepeated, this.now()), () => {
      this.isRepeated = true;
      this.renew().catch(() => this.schedule(expiresAt));
    });
  }

  cancel(): void {
    this.cancelTimer();
  }
}
