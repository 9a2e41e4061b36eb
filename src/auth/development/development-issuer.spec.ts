import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Environment } from '../../config/environment.js';
import { KeyCache } from '../keys/key-cache.js';
import { TokenVerifier } from '../token-verifier.js';
import { DevelopmentIssuer } from './development-issuer.js';

describe('DevelopmentIssuer', () => {
  let folder: string;
  let dataDir: string;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'herald-issuer-'));
    dataDir = join(folder, 'not', 'there', 'yet');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function start(
    variables: Record<string, string> = {},
  ): Promise<{ issuer: DevelopmentIssuer; verifier: TokenVerifier }> {
    const environment = new Environment({ DATA_DIR: dataDir, ...variables });
    const issuer = new DevelopmentIssuer(environment);
    await issuer.onModuleInit();
    return { issuer, verifier: new TokenVerifier(new KeyCache(issuer, { coolDownMs: 0 }), environment.auth) };
  }

  it('signs tokens that verify on the same path as any provider’s', async () => {
    const { issuer, verifier } = await start();
    const token = await issuer.sign({
      userId: 'auth0|5f',
      email: 'alice@example.com',
      name: 'Alice',
      roles: ['realtime-admin'],
      expiresInSeconds: 60,
    });
    const principal = await verifier.verify(token);
    expect(principal).toMatchObject({
      userId: 'auth0|5f',
      email: 'alice@example.com',
      name: 'Alice',
      roles: new Set(['realtime-admin']),
    });
    const secondsLeft = (principal.expiresAt.getTime() - Date.now()) / 1_000;
    expect(secondsLeft).toBeGreaterThan(55);
    expect(secondsLeft).toBeLessThanOrEqual(60);
  });

  it('signs for the issuer and the audience that are configured', async () => {
    const { issuer, verifier } = await start({ JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: 'api' });
    const token = await issuer.sign({ userId: 'alice', expiresInSeconds: 60 });
    await expect(verifier.verify(token)).resolves.toMatchObject({ userId: 'alice' });
  });

  it('keeps its key in a file that only its owner reads, so that tokens survive a restart', async () => {
    const before = await start();
    const token = await before.issuer.sign({ userId: 'alice', expiresInSeconds: 60 });
    const after = await start();
    await expect(after.verifier.verify(token)).resolves.toMatchObject({ userId: 'alice' });
    expect(await readdir(dataDir)).toEqual(['dev-issuer.json']);
    expect((await stat(join(dataDir, 'dev-issuer.json'))).mode & 0o777).toBe(0o600);
  });

  it('shares one key among processes that start together', async () => {
    const started = await Promise.all([start(), start(), start()]);
    const published = await Promise.all(started.map(({ issuer }) => issuer.fetch()));
    expect(published[1]).toEqual(published[0]);
    expect(published[2]).toEqual(published[0]);
    expect(await readdir(dataDir)).toEqual(['dev-issuer.json']);
  });

  it('does not publish the private part of its key', async () => {
    const { issuer } = await start();
    const [jwk] = await issuer.fetch();
    expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it.each(['', 'garbage', 'null', '{}', '{"kid":"a","kty":"RSA"}'])(
    'refuses to start with the key file %j, and says what to do',
    async (text) => {
      dataDir = folder;
      await writeFile(join(folder, 'dev-issuer.json'), text);
      await expect(start()).rejects.toThrow('delete the file to get a new one');
    },
  );
});
