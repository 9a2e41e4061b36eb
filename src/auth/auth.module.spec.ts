import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Logger, ValidationPipe } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule } from '../config/config.module.js';
import { Environment } from '../config/environment.js';
import { AuthModule } from './auth.module.js';
import { CurrentPrincipal } from './current-principal.decorator.js';
import type { Principal } from './principal.js';
import { Public } from './public.decorator.js';
import { Roles } from './roles.decorator.js';
import { TokenVerifier } from './token-verifier.js';

@Controller()
class WhoController {
  @Get('me')
  me(@CurrentPrincipal() principal: Principal): { id: string; email: string | null } {
    return { id: principal.userId, email: principal.email };
  }

  @Get('admin')
  @Roles('realtime-admin', 'operator')
  admin(): { isAdmin: true } {
    return { isAdmin: true };
  }

  @Public()
  @Get('open')
  open(): { isOpen: true } {
    return { isOpen: true };
  }
}

async function start(environment: Environment): Promise<{ app: INestApplication; url: string }> {
  const testing = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(environment), AuthModule.forRoot(environment)],
    controllers: [WhoController],
  }).compile();
  const app = testing.createNestApplication();
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

describe('AuthModule with the development issuer', () => {
  let dataDir: string;
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    dataDir = await mkdtemp(join(tmpdir(), 'herald-auth-'));
    ({ app, url } = await start(new Environment({ DATA_DIR: dataDir })));
  });
  afterAll(async () => {
    await app.close();
    await rm(dataDir, { recursive: true });
  });

  function post(body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${url}/dev/token`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async function tokenFor(body: object): Promise<string> {
    const answer: unknown = await (await post(body)).json();
    if (typeof answer === 'object' && answer !== null && 'access_token' in answer) return String(answer.access_token);
    throw new Error(`no token: ${JSON.stringify(answer)}`);
  }

  function get(path: string, authorization?: string): Promise<Response> {
    return fetch(`${url}${path}`, { headers: authorization === undefined ? {} : { authorization } });
  }

  it('hands out tokens', async () => {
    const response = await post({ user_id: 'alice' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3_600,
    });
    expect(await (await post({ user_id: 'alice', expires_in: 1 })).json()).toMatchObject({ expires_in: 1 });
  });

  it.each([
    {},
    { user_id: '' },
    { user_id: 7 },
    { user_id: 'a\u0000' },
    { user_id: 'x'.repeat(256) },
    { user_id: 'alice', expires_in: 0 },
    { user_id: 'alice', expires_in: -1 },
    { user_id: 'alice', expires_in: 1.5 },
    { user_id: 'alice', expires_in: '60' },
    { user_id: 'alice', expires_in: 1e300 },
    { user_id: 'alice', roles: 'admin' },
    { user_id: 'alice', roles: [7] },
    { user_id: 'alice', email: '' },
    { user_id: 'alice', name: {} },
    { user_id: 'alice', admin: true },
  ])('refuses %.60j', async (body) => {
    expect((await post(body)).status).toBe(400);
  });

  it('publishes the key of its tokens', async () => {
    const response = await get('/dev/jwks');
    expect(await response.json()).toEqual({
      keys: [expect.objectContaining({ kty: 'RSA', alg: 'RS256', use: 'sig' })],
    });
  });

  it('accepts a valid token with the scheme in any letter case, and tells the handler whose it is', async () => {
    const token = await tokenFor({ user_id: 'alice', email: 'alice@example.com' });
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const response = await get('/me', `${scheme} ${token}`);
      expect(await response.json()).toEqual({ id: 'alice', email: 'alice@example.com' });
    }
  });

  it.each([
    [undefined, 'The request has no access token'],
    ['', 'The request has no access token'],
    ['Basic YWxpY2U6c2VjcmV0', 'The request has no access token'],
    ['Bearerx', 'The request has no access token'],
    ['Bearer', 'The access token is not valid.'],
    ['Bearer  ', 'The access token is not valid.'],
    ['Bearer rubbish', 'The access token is not valid.'],
    ['Bearer a b', 'The access token is not valid.'],
  ])('refuses the header %j', async (authorization, detail) => {
    const response = await get('/me', authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ message: expect.stringContaining(detail) });
  });

  it('opens public routes to all, even with a bad token', async () => {
    expect((await get('/open')).status).toBe(200);
    expect((await get('/open', 'Bearer rubbish')).status).toBe(200);
  });

  it('asks for one of the roles where a route names some', async () => {
    const user = await tokenFor({ user_id: 'alice', roles: ['user'] });
    const admin = await tokenFor({ user_id: 'root', roles: ['operator'] });
    expect((await get('/admin')).status).toBe(401);
    const refusal = await get('/admin', `Bearer ${user}`);
    expect(refusal.status).toBe(403);
    expect(await refusal.json()).toMatchObject({ message: 'This takes the realm role realtime-admin or operator.' });
    expect((await get('/admin', `Bearer ${admin}`)).status).toBe(200);
  });

  it('is ready as soon as it listens', () => {
    expect(app.get(TokenVerifier).isReady()).toBe(true);
  });
});

describe('AuthModule with an identity provider', () => {
  it('mounts no development issuer', async () => {
    const { app, url } = await start(new Environment({ KEYCLOAK_JWKS_URL: 'http://127.0.0.1:1/certs' }));
    expect((await fetch(`${url}/dev/token`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/dev/jwks`)).status).toBe(404);
    await app.close();
  });
});
