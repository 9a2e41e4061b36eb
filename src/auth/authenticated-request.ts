import type { Request } from 'express';
import type { Principal } from './principal.js';

/** An HTTP request as `HttpJwtGuard` leaves it: without a principal only on `@Public()` routes. */
export interface AuthenticatedRequest extends Request {
  principal?: Principal;
}
