import { TokenRejectedError } from '../../auth/token-errors.js';
import { CLOSE, type Close } from './close-code.js';

/** How a connection ends whose token could not be verified: by no fault of the client's where the keys can't be had. */
export function closeForToken(error: unknown): Close {
  if (!(error instanceof TokenRejectedError)) return CLOSE.unavailable;
  return error.reason === 'token_expired' ? CLOSE.tokenExpired : CLOSE.tokenInvalid;
}
