import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Public } from '../auth/public.decorator.js';
import { Environment } from '../config/environment.js';
import { isOriginAllowed, type OriginPattern } from '../realtime/support/origin.js';
import { DEMO_USERS, type DemoUser } from './demo-users.js';

/** How the console's users sign in. */
export type SignIn =
  | { mode: 'development'; users: readonly DemoUser[] }
  | { mode: 'oidc'; authority: string; client_id: string }
  /** This process knows the issuer's keys, but not its address. */
  | { mode: 'unconfigured' };

/** What the console needs before sign-in. */
export type ConsoleDescription = SignIn & {
  /** Whether pages of the given origin may connect: browsers don't tell a page why its WebSocket failed. */
  allows_origin: boolean;
};

class ConsoleQuery {
  @IsOptional()
  @IsString()
  @MaxLength(300)
  origin?: string;
}

/** Tells the console what isn't known when it is built. */
@Public()
@ApiExcludeController()
@SkipThrottle()
@Controller()
export class ConsoleController {
  private readonly signIn: SignIn;
  private readonly allowedOrigins: readonly OriginPattern[];

  constructor({ auth, consoleClientId, allowedOrigins }: Environment) {
    this.allowedOrigins = allowedOrigins;
    if (auth.jwksUrl === null) this.signIn = { mode: 'development', users: DEMO_USERS };
    else if (auth.issuer === null) this.signIn = { mode: 'unconfigured' };
    else this.signIn = { mode: 'oidc', authority: auth.issuer, client_id: consoleClientId };
  }

  @Get('console.json')
  @Header('Cache-Control', 'no-cache')
  describe(@Query() { origin = '' }: ConsoleQuery): ConsoleDescription {
    return { ...this.signIn, allows_origin: isOriginAllowed(origin, this.allowedOrigins) };
  }
}
