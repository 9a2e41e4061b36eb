import { readClaims } from './claims.js';

/** Why a token is requested: to connect, because the current one expires soon, or because it was refused. */
export type TokenReason = 'connect' | 'expiring' | 'refused';

const SPARE_MS = 30_000;
const FRESH_MS = 5_000;
const PATIENCE_MS = 20_000;

/** Holds an access token in memory, and renews it when needed: once, however many callers wait. */
export class RenewingToken {
  private pending: Promise<string> | null = null;
  private renewedAt = 0;

  /** @param renew gets a new token; its signal aborts on the timeout */
  constructor(
    private readonly renew: (signal: AbortSignal) => Promise<string>,
    private current: string | null = null,
  ) {}

  /** @throws what the renewal throws, or a `TimeoutError` after 20 seconds */
  get(reason: TokenReason): Promise<string> {
    if (this.current !== null && this.isGood(this.current, reason)) return Promise.resolve(this.current);
    this.pending ??= this.replace().finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  /** Several connections may report the same token within moments: the first renews it for all. */
  private isGood(token: string, reason: TokenReason): boolean {
    const isFresh = Date.now() - this.renewedAt < FRESH_MS;
    return isFresh || (reason === 'connect' && readClaims(token).expiresAt - Date.now() > SPARE_MS);
  }

  private async replace(): Promise<string> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    this.current = await Promise.race([this.renew(limit), overWith(limit)]);
    this.renewedAt = Date.now();
    return this.current;
  }
}

/** Rejects with the signal's reason, as `renew` may ignore the signal. */
async function overWith(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw signal.reason;
}
