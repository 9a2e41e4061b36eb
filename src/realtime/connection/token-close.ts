import { TokenRejectedError } from '../../auth/token-errors.js';
import { CLOSE, type Close } from './close-code.js';

/** The close for a token that failed verification: `unavailable` if the keys could not be fetched. */
export function closeForToken(error: unknown): Close {
  if (!(error instanceof TokenRejectedError)) return CLOSE.unavailable;
  return error.reason === 'token_expired' ? CLOSE.tokenExpired : CLOSE.tokenInvalid;
}
