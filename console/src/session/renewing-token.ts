import { readClaims } from './claims.js';

/** Why a token is asked for: to be shown, because the one in use ends soon, or because it was refused. */
export type TokenReason = 'connect' | 'expiring' | 'refused';

const SPARE_MS = 30_000;
const FRESH_MS = 5_000;

/** Holds one access token in memory for all who need it, and gets the next one when it must: once, however many ask. */
export class RenewingToken {
  private pending: Promise<string> | null = null;
  private renewedAt = 0;

  constructor(
    private readonly renew: () => Promise<string>,
    private current: string | null = null,
  ) {}

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
    this.current = await this.renew();
    this.renewedAt = Date.now();
    return this.current;
  }
}
