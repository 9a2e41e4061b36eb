import { after } from './timer.js';

/** How long before its end a token is replaced; of one that has less, when half of it is over. */
const MARGIN_MS = 60_000;
/** With a clock that is ahead of the server's, every token seems to be over. Nobody is asked all the time for that. */
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

  /** @param renew gets a token and sends it; rejects if it can't, and is then called again */
  constructor(private readonly renew: () => Promise<void>) {}

  /** The token ends then. */
  schedule(expiresAt: string): void {
    this.cancel();
    this.cancelTimer = after(renewalDelay(expiresAt, this.isRepeated), () => {
      this.isRepeated = true;
      this.renew().catch(() => this.schedule(expiresAt));
    });
  }

  cancel(): void {
    this.cancelTimer();
  }
}
