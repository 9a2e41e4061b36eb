import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Jwks } from './keys.js';
import { startJwks } from './keys.js';
import type { OidcProvider } from './oidc.js';
import { startOidcProvider } from './oidc.js';

describe('the OpenID provider for tests', () => {
  let provider: OidcProvider;
  beforeAll(async () => {
    provider = await startOidcProvider();
  });
  afterAll(() => provider.stop());

  it.each(['alice', 'auth0|5f00', 'böb@example.com'])(
    'issues %s a token that its published keys verify',
    async (user) => {
      const token = await provider.tokenFor(user);

      const keys = createRemoteJWKSet(new URL(provider.jwksUrl));
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: provider.issuer,
        audience: provider.audience,
        algorithms: ['RS256'],
      });
      expect(payload.sub).toBe(user);
      expect(payload.exp).toBeGreaterThan(Date.now() / 1000);
      expect(protectedHeader.kid).toBe('oidc-key');
    },
  );

  it('publishes its keys at the URL in its discovery document', async () => {
    const discovery = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ issuer: provider.issuer, jwks_uri: provider.jwksUrl });
  });
});

describe('the JWKS endpoint for tests', () => {
  let jwks: Jwks;
  beforeAll(async () => {
    jwks = await startJwks();
  });
  afterAll(() => jwks.stop());

  it('signs tokens that its published keys verify, counts fetches, and rotates keys', async () => {
    const before = await jwks.sign('alice', { claims: { aud: 'herald' } });
    expect(await keysOf(jwks)).toMatchObject({ keys: [{ kid: decodeProtectedHeader(before).kid }] });
    expect(jwks.fetches).toBe(1);

    await jwks.rotate('ES256');

    const after = await jwks.sign('alice');
    const verify = createLocalJWKSet({ keys: jwks.keys });
    expect((await jwtVerify(after, verify)).payload.sub).toBe('alice');
    await expect(jwtVerify(before, verify)).rejects.toThrow();
  });

  it('signs invalid tokens on demand', async () => {
    const token = await jwks.sign('alice', { claims: { exp: undefined, sub: undefined }, header: { kid: undefined } });
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: jwks.keys }));
    expect(payload).not.toHaveProperty('exp');
    expect(payload).not.toHaveProperty('sub');
    expect(decodeProtectedHeader(token)).not.toHaveProperty('kid');
  });

  it('fails, stops, and restarts on the same address', async () => {
    jwks.behaviour = 'fail';
    expect((await fetch(jwks.url)).status).toBe(500);
    jwks.behaviour = 'serve';
    await jwks.stop();
    await expect(fetch(jwks.url)).rejects.toThrow();
    await jwks.start();
    expect((await fetch(jwks.url)).status).toBe(200);
  });
});

async function keysOf(jwks: Jwks): Promise<unknown> {
  return (await fetch(jwks.url)).json();
}
