import type { KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from './signature-algorithm.js';
import { importVerificationKey, type VerificationKey } from './verification-key.js';

/** The keys that one JWKS published, ready to verify. Never changes: a new JWKS makes a new set. */
export class KeySet {
  private readonly byKid = new Map<string, VerificationKey[]>();

  private constructor(
    private readonly keys: readonly VerificationKey[],
    /** Why entries of the JWKS were left out, such as encryption keys and weak ones. */
    readonly ignored: readonly string[],
  ) {
    for (const key of keys) {
      if (key.kid !== null) this.byKid.set(key.kid, [...(this.byKid.get(key.kid) ?? []), key]);
    }
  }

  /** @throws {Error} if no entry can verify tokens */
  static of(jwks: readonly unknown[]): KeySet {
    const keys: VerificationKey[] = [];
    const ignored: string[] = [];
    for (const [index, jwk] of jwks.entries()) {
      try {
        keys.push(importVerificationKey(jwk));
      } catch (error) {
        ignored.push(`keys[${index}]: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (keys.length > 0) return new KeySet(keys, ignored);
    throw new Error(`The JWKS has no key that can verify tokens (${ignored.join('; ') || 'it is empty'})`);
  }

  get size(): number {
    return this.keys.length;
  }

  has(kid: string): boolean {
    return this.byKid.has(kid);
  }

  /** The key for a token: by its `kid`, or without one the only key that fits the algorithm. */
  find(kid: string | null, algorithm: SignatureAlgorithm): KeyObject | null {
    const candidates = kid === null ? this.keys : (this.byKid.get(kid) ?? []);
    const [first, second] = candidates.filter(({ algorithms }) => algorithms.includes(algorithm));
    return first === undefined || (kid === null && second !== undefined) ? null : first.key;
  }
}
