import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { HttpAuthentication } from './http-authentication.js';
import { IS_PUBLIC } from './public.decorator.js';
import { TokenRejectedError } from './token-errors.js';

const DETAILS = {
  token_missing: 'The request has no access token: send it as "Authorization: Bearer <token>".',
  token_invalid: 'The access token is not valid.',
  token_expired: 'The access token has expired.',
} as const;

/** Requires a valid token on every HTTP request whose route is not `@Public()`, and sets the request's principal. */
@Injectable()
export class HttpJwtGuard implements CanActivate {
  constructor(
    private readonly authentication: HttpAuthentication,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Connections are authorized by the gateways' own guards.
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    try {
      const principal = await this.authentication.principalOf(request);
      if (principal === null) throw unauthorized(response, 'token_missing');
      request.principal = principal;
    } catch (error) {
      throw error instanceof TokenRejectedError ? unauthorized(response, error.reason, error) : error;
    }
    return true;
  }
}

function unauthorized(response: Response, reason: keyof typeof DETAILS, cause?: Error): UnauthorizedException {
  response.setHeader('WWW-Authenticate', 'Bearer');
  return new UnauthorizedException(DETAILS[reason], { cause });
}
