import { readClaims } from './claims.js';

/** Why a token is asked for: to be shown, because the one in use ends soon, or because it was refused. */
export type TokenReason = 'connect' | 'expiring' | 'refused';

const SPARE_MS = 30_000;
const FRESH_MS = 5_000;
/** After which the next who asks does not wait for this one's answer any more. */
const PATIENCE_MS = 20_000;

/** Holds one access token in memory for all who need it, and gets the next one when it must: once, however many ask. */
export class RenewingToken {
  private pending: Promise<string> | null = null;
  private renewedAt = 0;

  /** @param renew gets a new token; its signal is aborted when nobody waits for it any more */
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

  /** Several connections learn at nearly the same time that the token ends: the first of them gets a new one for all. */
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

/** Rejects with the reason of the signal: not all that renews a token listens to it. */
async function overWith(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw signal.reason;
}
