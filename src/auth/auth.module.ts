import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Environment } from '../config/environment.js';
import { DevIssuerController } from './development/dev-issuer.controller.js';
import { DevelopmentIssuer } from './development/development-issuer.js';
import { HttpAuthentication } from './http-authentication.js';
import { HttpJwtGuard } from './http-jwt.guard.js';
import { JwksEndpoint } from './keys/jwks-endpoint.js';
import { KeyCache } from './keys/key-cache.js';
import { KeySource } from './keys/key-source.js';
import { RolesGuard } from './roles.guard.js';
import { TokenVerifier } from './token-verifier.js';

/** Authentication: verifies tokens by the keys of the identity provider or the development issuer, and guards all HTTP routes. */
@Global()
@Module({})
export class AuthModule {
  static forRoot({ auth: { jwksUrl }, timings: { keyAnswerMs, keyCoolDownMs } }: Environment): DynamicModule {
    return {
      module: AuthModule,
      controllers: jwksUrl === null ? [DevIssuerController] : [],
      providers: [
        ...(jwksUrl === null ? developmentKeys() : publishedKeys(jwksUrl, keyAnswerMs)),
        {
          provide: KeyCache,
          inject: [KeySource],
          useFactory: (source: KeySource) => new KeyCache(source, { coolDownMs: keyCoolDownMs }),
        },
        {
          provide: TokenVerifier,
          inject: [KeyCache, Environment],
          useFactory: (keys: KeyCache, { auth }: Environment) => new TokenVerifier(keys, auth),
        },
        HttpAuthentication,
        { provide: APP_GUARD, useClass: HttpJwtGuard },
        { provide: APP_GUARD, useClass: RolesGuard },
      ],
      exports: [TokenVerifier, HttpAuthentication],
    };
  }
}

function publishedKeys(jwksUrl: string, answerMs: number): Provider[] {
  return [{ provide: KeySource, useFactory: () => new JwksEndpoint(jwksUrl, answerMs) }];
}

function developmentKeys(): Provider[] {
  return [
    {
      provide: DevelopmentIssuer,
      inject: [Environment],
      useFactory: (environment: Environment) => new DevelopmentIssuer(environment),
    },
    { provide: KeySource, useExisting: DevelopmentIssuer },
  ];
}
