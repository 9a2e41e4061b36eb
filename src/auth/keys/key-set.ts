import type { KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from './signature-algorithm.js';
import { importVerificationKey, type VerificationKey } from './verification-key.js';

/** More than any realm publishes. Parsing keys blocks the event loop: 1 MB of junk would block it for seconds. */
const MOST_ENTRIES = 100;

/** How many keys with the same `kid` to try: each costs us a verification, while a forged token costs its sender nothing. */
const MOST_NAMESAKES = 4;

/** How many of the ignored entries the log explains. */
const MOST_REASONS = 5;

/** The keys of one JWKS, ready to verify. Immutable: a new JWKS makes a new set. */
export class KeySet {
  private readonly byKid = new Map<string, VerificationKey[]>();

  private constructor(
    private readonly keys: readonly VerificationKey[],
    /** Why entries of the JWKS were ignored (encryption keys, weak keys…), as a line for the log; empty if none was. */
    readonly ignored: string,
  ) {
    for (const key of keys) {
      if (key.kid === null) continue;
      const namesakes = this.byKid.get(key.kid);
      if (namesakes === undefined) this.byKid.set(key.kid, [key]);
      else namesakes.push(key);
    }
  }

  /** @throws {Error} if there are too many entries, or none can verify tokens */
  static of(jwks: readonly unknown[]): KeySet {
    if (jwks.length > MOST_ENTRIES) throw new Error(`The JWKS: got ${jwks.length} keys, takes up to ${MOST_ENTRIES}`);
    const keys: VerificationKey[] = [];
    const ignored: string[] = [];
    for (const [index, jwk] of jwks.entries()) {
      try {
        keys.push(importVerificationKey(jwk));
      } catch (error) {
        ignored.push(`keys[${index}]: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (keys.length > 0) return new KeySet(keys, summaryOf(ignored));
    throw new Error(`The JWKS has no key that can verify tokens (${summaryOf(ignored) || 'it is empty'})`);
  }

  get size(): number {
    return this.keys.length;
  }

  has(kid: string): boolean {
    return this.byKid.has(kid);
  }

  /**
   * The keys that can have signed a token: those with its `kid` that fit the algorithm (usually one), or without a `kid` the only
   * key that fits.
   */
  find(kid: string | null, algorithm: SignatureAlgorithm): readonly KeyObject[] {
    const candidates = kid === null ? this.keys : (this.byKid.get(kid) ?? []);
    const fitting = candidates.filter(({ algorithms }) => algorithms.includes(algorithm)).map(({ key }) => key);
    return kid === null && fitting.length > 1 ? [] : fitting.slice(0, MOST_NAMESAKES);
  }
}

function summaryOf(reasons: readonly string[]): string {
  const more = reasons.length - MOST_REASONS;
  return [...reasons.slice(0, MOST_REASONS), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
