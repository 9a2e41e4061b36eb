import type { Environment } from '../../config/environment.js';
import { JwksEndpoint } from '../../auth/keys/jwks-endpoint.js';
import { importVerificationKey } from '../../auth/keys/verification-key.js';
import { describeError } from '../describe-error.js';
import { type Finding, findingsOf } from './finding.js';

/** Checks that the identity provider publishes keys that can verify tokens, and that issuer and audience are set. */
export async function checkKeys({ auth, timings }: Environment): Promise<Finding[]> {
  const { ok, warning, broken } = findingsOf('Keys');
  if (auth.jwksUrl === null) {
    return [
      ok(
        'The built-in development issuer signs tokens for anyone. To turn it off, set KEYCLOAK_URL and KEYCLOAK_REALM.',
      ),
    ];
  }
  let jwks: readonly unknown[];
  try {
    jwks = await new JwksEndpoint(auth.jwksUrl, timings.keyAnswerMs).fetch();
  } catch (error) {
    const what = `Could not fetch keys from ${auth.jwksUrl} (${describeError(error)})`;
    return [broken(`${what}. Check KEYCLOAK_URL and KEYCLOAK_REALM, or KEYCLOAK_JWKS_URL.`)];
  }
  const kinds = jwks.map(kindOf);
  const usable = kinds.filter((kind) => kind !== null);
  if (usable.length === 0) {
    return [broken(`${auth.jwksUrl} has no key that can verify tokens. Give the realm an active RS256 or ES256 key.`)];
  }
  const count = `${usable.length} of ${kinds.length} published keys`;
  const found = [ok(`Tokens are verified by ${count} (${usable.join('; ')}).`)];
  if (auth.issuer === null) found.push(warning('Tokens of any issuer are accepted. Set JWT_ISSUER.'));
  if (auth.audience === null) found.push(warning('Tokens for any audience are accepted. Set JWT_AUDIENCE.'));
  return found;
}

/** Null for a key that can't verify tokens, such as one for encryption. */
function kindOf(jwk: unknown): string | null {
  try {
    const { algorithms, key } = importVerificationKey(jwk);
    const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
    return `${key.asymmetricKeyType ?? ''} ${namedCurve ?? modulusLength ?? ''} for ${algorithms.join(', ')}`;
  } catch {
    return null;
  }
}
