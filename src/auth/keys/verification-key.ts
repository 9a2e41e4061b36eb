import { createPublicKey, type KeyObject } from 'node:crypto';
import { algorithmsFor, type SignatureAlgorithm } from './signature-algorithm.js';

/** A published key that may verify tokens: parsed once, with the algorithms it fits. */
export interface VerificationKey {
  /** Null for a key without a usable id: it verifies only tokens without a `kid`. */
  readonly kid: string | null;
  readonly key: KeyObject;
  readonly algorithms: readonly SignatureAlgorithm[];
}

/**
 * Reads one entry of a JWKS.
 * @throws {Error} saying why the entry can't verify tokens
 */
export function importVerificationKey(jwk: unknown): VerificationKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new Error('not a JSON object');
  const { kid, use, key_ops: operations, alg, d: privatePart }: JsonWebKeyFields = jwk;
  if (use !== undefined && use !== 'sig') throw new Error('"use" is not "sig"');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new Error('"key_ops" lacks "verify"');
  }
  if (privatePart !== undefined) throw new Error('its private part is published, so anybody can sign with it');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const algorithms = algorithmsFor(key).filter((algorithm) => alg === undefined || alg === algorithm);
  if (algorithms.length === 0) throw new Error('its type, size, curve or "alg" fits no allowed algorithm');
  return { kid: typeof kid === 'string' && kid !== '' ? kid : null, key, algorithms };
}

/** The fields read from a JWK besides the key itself; the other side may send anything. */
interface JsonWebKeyFields {
  kid?: unknown;
  use?: unknown;
  key_ops?: unknown;
  alg?: unknown;
  d?: unknown;
}
