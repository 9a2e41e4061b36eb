import type { Request } from 'express';
import type { Principal } from './principal.js';

/** An HTTP request after `HttpJwtGuard`: it lacks a principal only on `@Public()` routes. */
export interface AuthenticatedRequest extends Request {
  principal?: Principal;
}
