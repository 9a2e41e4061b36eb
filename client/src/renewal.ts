import { after } from './timer.js';

/** How long before its expiry a token is replaced; tokens with less than twice this left, at half their time. */
const MARGIN_MS = 60_000;
/** Limits how often the application is asked, whatever its tokens and the clocks say. */
const LEAST_MS = 1_000;
const LEAST_AGAIN_MS = 10_000;

/**
 * When to replace a token: milliseconds from now.
 * @param isRepeated whether a renewal already ran on this connection
 */
export function renewalDelay(expiresAt: string, isRepeated: boolean, now = Date.now()): number {
  const left = Date.parse(expiresAt) - now;
  return Math.max(isRepeated ? LEAST_AGAIN_MS : LEAST_MS, left - Math.min(MARGIN_MS, left / 2));
}

/** Replaces a connection's token before it expires. */
export class Renewal {
  private isRepeated = false;
  private cancelTimer = (): void => undefined;
  /** The server's clock, once its time is known. */
  private now = Date.now;

  /** @param renew gets a token and sends it; if it rejects, it is called again later */
  constructor(private readonly renew: () => Promise<void>) {}

  /**
   * Schedules the renewal of a token that expires at this time.
   * @param timestamp the server's time now, because the device's clock may be wrong, or be corrected later
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
