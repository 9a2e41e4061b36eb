import { isSignatureAlgorithm, type SignatureAlgorithm } from './keys/signature-algorithm.js';
import { TokenRejectedError } from './token-errors.js';

/** The parts of a token's header that are used. `jku`, `x5u`, `x5c` and `jwk` are ignored: we don't trust keys that tokens name. */
export interface TokenHeader {
  readonly alg: SignatureAlgorithm;
  /** Null if the token names no key. */
  readonly kid: string | null;
}

const MAX_TOKEN_LENGTH = 16_384;
const MAX_KID_LENGTH = 256;
/** The types of access tokens (RFC 7519 section 5.1, RFC 9068 section 2.1); tokens for other uses have other types. */
const ACCESS_TOKEN_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;
const COMPACT_JWS = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)$/;

/**
 * Reads the header of an unverified token, cheaply.
 * @throws {TokenRejectedError} if no valid token can look like that
 */
export function readTokenHeader(token: string): TokenHeader {
  if (token.length > MAX_TOKEN_LENGTH) throw invalid(`longer than ${MAX_TOKEN_LENGTH} characters`);
  const [, encodedHeader, signature] = COMPACT_JWS.exec(token) ?? [];
  if (encodedHeader === undefined || signature === undefined) throw invalid('not three parts of base64url');
  // The last character has unused bits, so one signature has several encodings: accepts only one of them.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) throw invalid('signature not canonical');
  const header = parseObject(encodedHeader);
  if ('crit' in header) throw invalid('header names critical extensions, none is supported');
  const { alg, kid, typ } = header;
  if (typ !== undefined && !(typeof typ === 'string' && ACCESS_TOKEN_TYPE.test(typ))) {
    throw invalid('header typ is not that of an access token');
  }
  if (!isSignatureAlgorithm(alg)) throw invalid('algorithm not allowed');
  if (kid === undefined) return { alg, kid: null };
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) {
    throw invalid(`kid is not a text of 1 to ${MAX_KID_LENGTH} characters`);
  }
  return { alg, kid };
}

function parseObject(encoded: string): { alg?: unknown; kid?: unknown; typ?: unknown } {
  const value = parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('header is not a JSON object');
  return value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new TokenRejectedError('token_invalid', 'header is not JSON', { cause: error });
  }
}

function invalid(why: string): TokenRejectedError {
  return new TokenRejectedError('token_invalid', why);
}
