import type { KeyObject } from 'node:crypto';
import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { KeysUnavailableError, TokenRejectedError } from '../token-errors.js';
import type { TokenHeader } from '../token-header.js';
import { KeySet } from './key-set.js';
import type { KeySource } from './key-source.js';

export interface KeyCacheOptions {
  /** The least time from the start of one fetch to the next: the most that forged key ids can cost the source. */
  coolDownMs: number;
  /** The age from which using the set also renews it, in the background, so that withdrawn keys go. */
  maxAgeMs: number;
  /** Milliseconds that never run backwards. */
  clock: () => number;
}

// A rotated key must be accepted within 10 s of its first use: one cool-down and one fetch of up to 3 s.
const DEFAULTS: KeyCacheOptions = { coolDownMs: 5_000, maxAgeMs: 600_000, clock: () => performance.now() };

/**
 * Keeps the last key set that could be had, for as long as no newer one can be had.
 *
 * An unknown `kid` fetches the set anew: once for all who wait, and at most once a cool-down, which failures begin, too. A forged `kid` can
 * therefore neither hammer the source nor keep a rotated key out.
 */
export class KeyCache implements OnApplicationBootstrap {
  private readonly logger = new Logger(KeyCache.name);
  private readonly options: KeyCacheOptions;
  private set: KeySet | null = null;
  private loadedAt = -Infinity;
  private attemptedAt = -Infinity;
  private attempt: Promise<void> | null = null;
  /** Why the last attempt failed; null after a success. */
  private failure: Error | null = null;

  constructor(
    private readonly source: KeySource,
    options: Partial<KeyCacheOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
  }

  onApplicationBootstrap(): void {
    void this.refresh();
  }

  /** Whether any keys are at hand. If none are yet, they are asked for in the background. */
  isReady(): boolean {
    if (this.set === null) void this.refresh();
    return this.set !== null;
  }

  /** Whether `find` has the answer at hand, and need not wait for the source. */
  knows({ kid }: Pick<TokenHeader, 'kid'>): boolean {
    return this.set !== null && (kid === null || this.set.has(kid));
  }

  /**
   * The key that must have signed a token with this header.
   * @throws {TokenRejectedError} if the source publishes no such key
   * @throws {KeysUnavailableError} if the source can't be asked
   */
  async find({ kid, alg }: TokenHeader): Promise<KeyObject> {
    this.renewInBackground(kid);
    const known = this.set?.find(kid, alg);
    if (known) return known;
    if (!this.knows({ kid })) {
      await this.refresh('unknown key');
      if (this.failure !== null) throw new KeysUnavailableError({ cause: this.failure });
    }
    const found = this.set?.find(kid, alg);
    if (found) return found;
    throw new TokenRejectedError('token_invalid', `No published key fits the token's kid and algorithm ${alg}`);
  }

  private renewInBackground(kid: string | null): void {
    // Without a kid nothing but a bad signature shows that the key was rotated, so the set must stay fresh by itself.
    const maxAge = kid === null ? this.options.coolDownMs : this.options.maxAgeMs;
    if (this.set !== null && this.options.clock() - this.loadedAt >= maxAge) void this.refresh();
  }

  /** Never rejects: `failure` tells how it went. */
  private refresh(reason: 'unknown key' | 'age' = 'age'): Promise<void> {
    if (this.attempt !== null) return this.attempt;
    const now = this.options.clock();
    if (now - this.attemptedAt < this.options.coolDownMs) return Promise.resolve();
    this.attemptedAt = now;
    this.attempt = this.load().finally(() => {
      this.attempt = null;
      // A first unknown key is still worth a question: the set may have changed since it was loaded for another reason.
      if (reason === 'age' && this.failure === null) this.attemptedAt = -Infinity;
    });
    return this.attempt;
  }

  private async load(): Promise<void> {
    try {
      const set = KeySet.of(await this.source.fetch());
      if (this.failure !== null) this.logger.log('The keys that verify tokens are available again');
      this.set = set;
      this.loadedAt = this.options.clock();
      this.failure = null;
      this.logger.debug(`Loaded ${set.size} keys; ignored ${set.ignored.join('; ') || 'none'}`);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      // Once an outage, not once an attempt.
      if (this.failure === null) this.logger.warn(`${describe(failure)}. ${this.consequence}`);
      this.failure = failure;
    }
  }

  private get consequence(): string {
    return this.set === null ? 'No token can be verified until then' : 'The keys known so far stay in use';
  }
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `The keys that verify tokens can't be fetched (${error.message}${cause})`;
}
