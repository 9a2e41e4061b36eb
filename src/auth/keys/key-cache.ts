import type { KeyObject } from 'node:crypto';
import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { KeysUnavailableError, TokenRejectedError } from '../token-errors.js';
import type { TokenHeader } from '../token-header.js';
import { KeySet } from './key-set.js';
import { type KeySource, SourceBusyError } from './key-source.js';

export interface KeyCacheOptions {
  /** The least time between two fetches caused by tokens, from start to start: limits what forged tokens can cost the source. */
  coolDownMs: number;
  /** Using a set older than this also renews it in the background, so that withdrawn keys stop working. */
  maxAgeMs: number;
  /** Milliseconds that never run backwards. */
  clock: () => number;
}

const DEFAULTS = { maxAgeMs: 600_000, clock: () => performance.now() };

/** The longest `Retry-After` to honor: a source must not be able to block new keys for good. */
const MAX_RETRY_AFTER_MS = 60_000;

/** What caused a fetch: a token, which may be forged, or the clock. */
type Cause = 'token' | 'time';

/**
 * Keeps the last key set that was fetched until a newer one can be fetched.
 *
 * An unknown `kid` fetches the set again: once for all waiting requests, and at most once in each cool-down; a failure also starts
 * a cool-down. So forged `kid`s can neither flood the source nor keep a rotated key out.
 */
export class KeyCache implements OnApplicationBootstrap {
  private readonly logger = new Logger(KeyCache.name);
  private readonly options: KeyCacheOptions;
  private set: KeySet | null = null;
  private loadedAt = -Infinity;
  private nextAttemptAt = -Infinity;
  private attempt: Promise<void> | null = null;
  /** Why the last attempt failed; null after a success. */
  private failure: Error | null = null;

  constructor(
    private readonly source: KeySource,
    options: Pick<KeyCacheOptions, 'coolDownMs'> & Partial<KeyCacheOptions>,
  ) {
    this.options = { ...DEFAULTS, ...options };
  }

  onApplicationBootstrap(): void {
    void this.refresh('time');
  }

  /** Whether any keys have been loaded. If not, starts fetching them in the background. */
  isReady(): boolean {
    if (this.set === null) void this.refresh('time');
    return this.set !== null;
  }

  /** Whether `find` can answer without waiting for the source. */
  knows({ kid }: Pick<TokenHeader, 'kid'>): boolean {
    return this.set !== null && (kid === null || this.set.has(kid));
  }

  /**
   * The keys that can have signed a token with this header: at least one, usually exactly one.
   * @throws {TokenRejectedError} if the source publishes no such key
   * @throws {KeysUnavailableError} if the source can't be reached
   */
  async find({ kid, alg }: TokenHeader): Promise<readonly KeyObject[]> {
    this.renewInBackground(kid);
    const known = this.set?.find(kid, alg) ?? [];
    if (known.length > 0) return known;
    if (!this.knows({ kid })) {
      await this.refresh('token');
      if (this.failure !== null) throw new KeysUnavailableError({ cause: this.failure });
    }
    const found = this.set?.find(kid, alg) ?? [];
    if (found.length > 0) return found;
    throw new TokenRejectedError('token_invalid', `No published key fits the token's kid and algorithm ${alg}`);
  }

  private renewInBackground(kid: string | null): void {
    // Without a kid only a bad signature would show that the key was rotated, so the set has to be kept fresh.
    const maxAge = kid === null ? this.options.coolDownMs : this.options.maxAgeMs;
    if (this.set === null || this.options.clock() - this.loadedAt < maxAge) return;
    void this.refresh(kid === null ? 'token' : 'time');
  }

  /** Never rejects; sets `failure` instead. */
  private refresh(cause: Cause): Promise<void> {
    if (this.attempt !== null) return this.attempt;
    const startedAt = this.options.clock();
    if (startedAt < this.nextAttemptAt) return Promise.resolve();
    this.attempt = this.load().finally(() => {
      this.attempt = null;
      this.nextAttemptAt = this.endOfCoolDown(cause, startedAt);
    });
    return this.attempt;
  }

  private endOfCoolDown(cause: Cause, startedAt: number): number {
    const now = this.options.clock();
    // No cool-down: the set may have changed by the time a token names an unknown key.
    if (cause === 'time' && this.failure === null) return now;
    const wait = this.failure instanceof SourceBusyError ? Math.min(this.failure.retryAfterMs, MAX_RETRY_AFTER_MS) : 0;
    // If the source is slow, the next fetch starts that much earlier, so that a rotated key still arrives in time.
    const took = this.failure === null ? now - startedAt : 0;
    return Math.max(startedAt + this.options.coolDownMs - took, now + wait);
  }

  private async load(): Promise<void> {
    try {
      const set = KeySet.of(await this.source.fetch());
      if (this.failure !== null) this.logger.log('The keys that verify tokens are available again');
      this.set = set;
      this.loadedAt = this.options.clock();
      this.failure = null;
      this.logger.debug(`Loaded ${set.size} keys; ignored ${set.ignored || 'none'}`);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      // Once for each outage, not for each attempt.
      if (this.failure === null) this.logger.warn(`${describe(failure)}. ${this.consequence}`);
      this.failure = failure;
    }
  }

  private get consequence(): string {
    return this.set === null ? 'No token can be verified until they are' : 'The keys fetched before stay in use';
  }
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `The keys that verify tokens can't be fetched (${error.message}${cause})`;
}
