import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import { Public } from '../auth/public.decorator.js';
import { Environment } from '../config/environment.js';
import { DEMO_USERS, type DemoUser } from './demo-users.js';

/** How the console's users sign in. */
export type SignIn =
  | { mode: 'development'; users: readonly DemoUser[] }
  | { mode: 'oidc'; authority: string; client_id: string }
  /** Tokens come from somewhere that this process knows the keys of, and no more. */
  | { mode: 'unconfigured' };

/** Tells the console what it can't know when it is built. */
@Public()
@ApiExcludeController()
@SkipThrottle()
@Controller()
export class ConsoleController {
  private readonly signIn: SignIn;

  constructor({ auth, consoleClientId }: Environment) {
    if (auth.jwksUrl === null) this.signIn = { mode: 'development', users: DEMO_USERS };
    else if (auth.issuer === null) this.signIn = { mode: 'unconfigured' };
    else this.signIn = { mode: 'oidc', authority: auth.issuer, client_id: consoleClientId };
  }

  @Get('console.json')
  @Header('Cache-Control', 'no-cache')
  describeSignIn(): SignIn {
    return this.signIn;
  }
}
