import { createPublicKey, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Logger, type OnModuleInit } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Environment } from '../../config/environment.js';
import { KeySource } from '../keys/key-source.js';
import { loadSigningKey } from './signing-key-file.js';

/** The user that a development token is for. */
export interface TokenRequest {
  userId: string;
  email?: string;
  name?: string;
  roles?: readonly string[];
  expiresInSeconds: number;
}

/**
 * Stands in for an identity provider where none is configured: signs tokens for any user, and publishes its own key as a provider
 * would. Never exists in production.
 */
export class DevelopmentIssuer extends KeySource implements OnModuleInit {
  private readonly logger = new Logger(DevelopmentIssuer.name);
  private jwt: JwtService;
  private publicJwk: object;

  constructor(private readonly environment: Pick<Environment, 'dataDir' | 'auth'>) {
    super();
  }

  async onModuleInit(): Promise<void> {
    const { kid, privateKey } = await loadSigningKey(join(this.environment.dataDir, 'dev-issuer.json'));
    this.jwt = new JwtService({ privateKey, signOptions: { algorithm: 'RS256', keyid: kid } });
    this.publicJwk = { kid, alg: 'RS256', use: 'sig', ...createPublicKey(privateKey).export({ format: 'jwk' }) };
    this.logger.warn(
      'No identity provider is configured: anyone who can reach POST /dev/token can get a token for any user. ' +
        'To turn this off, set KEYCLOAK_URL and KEYCLOAK_REALM, or KEYCLOAK_JWKS_URL.',
    );
  }

  override fetch(): Promise<readonly object[]> {
    return Promise.resolve([this.publicJwk]);
  }

  /** Signs an access token of the form that Keycloak issues. */
  sign({ userId, email, name, roles, expiresInSeconds }: TokenRequest): Promise<string> {
    const { issuer, audience } = this.environment.auth;
    const iat = Math.floor(Date.now() / 1_000);
    return this.jwt.signAsync({
      ...(issuer !== null && { iss: issuer }),
      ...(audience !== null && { aud: audience }),
      sub: userId,
      typ: 'Bearer',
      jti: randomUUID(),
      iat,
      exp: iat + expiresInSeconds,
      ...(email !== undefined && { email }),
      ...(name !== undefined && { name }),
      ...(roles !== undefined && { realm_access: { roles } }),
    });
  }
}
