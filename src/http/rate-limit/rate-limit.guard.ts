import { createHash } from 'node:crypto';
import { type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type {
  ThrottlerLimitDetail,
  ThrottlerModuleOptions,
  ThrottlerRequest,
  ThrottlerStorage,
} from '@nestjs/throttler';
import { InjectThrottlerOptions, InjectThrottlerStorage, ThrottlerException, ThrottlerGuard } from '@nestjs/throttler';
import type { Request } from 'express';
import { Counter, Registry } from 'prom-client';
import { HttpAuthentication } from '../../auth/http-authentication.js';
import { Environment } from '../../config/environment.js';
import { clientAddress, countedAddress } from '../../realtime/support/client-address.js';

/**
 * Limits the HTTP requests of a user, or of an address without a valid token, across all routes except those with
 * `@SkipThrottle()`. Runs before `HttpJwtGuard`, so that requests with invalid tokens count, too.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override readonly logger = new Logger('RateLimit');
  private readonly refusals: Counter<'counted_by'>;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly authentication: HttpAuthentication,
    private readonly environment: Environment,
    registry: Registry,
  ) {
    super(options, storage, reflector);
    this.refusals = new Counter({
      name: 'herald_http_requests_refused_total',
      help: 'HTTP requests refused by the rate limit, by what they were counted by',
      labelNames: ['counted_by'],
      registers: [registry],
    });
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    // Gateways have limits of their own.
    return Promise.resolve(context.getType() !== 'http');
  }

  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const request = props.context.switchToHttp().getRequest<Request>();
    if (!this.authentication.needsNewKeys(request)) return super.handleRequest(props);
    // Forged key ids cause requests to the identity provider, so count by address before making one.
    await super.handleRequest({ ...props, getTracker: () => this.addressOf(request) });
    return (await this.userOf(request)) === null || super.handleRequest(props);
  }

  protected override async getTracker(request: Request): Promise<string> {
    const userId = await this.userOf(request);
    return userId === null ? this.addressOf(request) : `user:${userId}`;
  }

  /** The same for all routes, and of fixed length. */
  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return createHash('sha256').update(tracker).digest('base64url');
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { tracker, totalHits, limit, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<never> {
    this.refusals.inc({ counted_by: tracker.startsWith('user:') ? 'user' : 'address' });
    // Logged once for each window, across all nodes.
    if (totalHits === limit + 1) this.logger.warn(`Refusing ${tracker}: more than ${limit} requests within a minute`);
    return Promise.reject(
      new ThrottlerException(`More than ${limit} requests within a minute; try again in ${timeToBlockExpire} s.`),
    );
  }

  /** Null without a valid token. */
  private async userOf(request: Request): Promise<string | null> {
    try {
      return (await this.authentication.principalOf(request))?.userId ?? null;
    } catch {
      // `HttpJwtGuard` gets the same error, and answers it.
      return null;
    }
  }

  private addressOf(request: Request): string {
    return `address:${countedAddress(clientAddress(request, this.environment.trustProxy))}`;
  }
}
