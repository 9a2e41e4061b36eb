import { createHash, type KeyObject } from 'node:crypto';
import type { Principal } from './principal.js';

/** How many are remembered; those that were verified first are forgotten first. */
const MOST = 10_000;

/**
 * Tokens that were verified, as verifying a signature is most of what a small request costs. Kept by their hash, with the key
 * that signed them: once that key is withdrawn, or fetched anew, they are verified again.
 */
export class KnownTokens {
  private readonly tokens = new Map<string, { principal: Principal; key: KeyObject }>();

  /**
   * @param keys those that can have signed it
   * @returns null if it has to be verified
   */
  find(token: string, keys: readonly KeyObject[]): Principal | null {
    const known = this.tokens.get(hashOf(token));
    return known !== undefined && keys.includes(known.key) ? known.principal : null;
  }

  /** Called when it has expired. */
  forget(token: string): void {
    this.tokens.delete(hashOf(token));
  }

  add(token: string, key: KeyObject, principal: Principal): void {
    this.tokens.set(hashOf(token), { principal, key });
    if (this.tokens.size <= MOST) return;
    const [first] = this.tokens.keys();
    if (first !== undefined) this.tokens.delete(first);
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
