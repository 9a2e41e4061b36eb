import type { KeyObject } from 'node:crypto';

/** The signature algorithms a token may name. Never `none`, and never one with a shared secret. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384'] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

const RSA_ALGORITHMS: readonly SignatureAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256'];

/** By OpenSSL's names of the curves P-256 and P-384. */
const CURVE_ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384' };

const MIN_RSA_BITS = 2_048;

/** OpenSSL's own limit for verifying. */
const MAX_RSA_BITS = 16_384;

export function isSignatureAlgorithm(value: unknown): value is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((algorithm) => algorithm === value);
}

/** The allowed algorithms that fit a key's type, size and curve; empty for weak and unsupported keys. */
export function algorithmsFor(key: KeyObject): readonly SignatureAlgorithm[] {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return isSound(modulusLength, publicExponent) ? RSA_ALGORITHMS : [];
  if (key.asymmetricKeyType !== 'ec') return [];
  const algorithm = CURVE_ALGORITHMS[namedCurve];
  return algorithm === undefined ? [] : [algorithm];
}

/** With an exponent of 1, every text would be its own signature; an even exponent has no private key. */
function isSound(modulusBits: number, exponent: bigint): boolean {
  return modulusBits >= MIN_RSA_BITS && modulusBits <= MAX_RSA_BITS && exponent >= 3n && exponent % 2n === 1n;
}
