import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CompactSign, type CompactJWSHeaderParameters } from 'jose';
import { KeyCache } from './keys/key-cache.js';
import { KeySource } from './keys/key-source.js';
import { KeysUnavailableError, TokenRejectedError } from './token-errors.js';
import { TokenVerifier } from './token-verifier.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://id.example.com/realms/r';
const AUDIENCE = 'herald-api';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

class FakeSource extends KeySource {
  isDown = false;

  constructor(public jwks: readonly unknown[]) {
    super();
  }

  override fetch(): Promise<readonly unknown[]> {
    return this.isDown ? Promise.reject(new Error('connection refused')) : Promise.resolve(this.jwks);
  }
}

function jwk(pair: { publicKey: KeyObject }, fields: object): object {
  return { ...pair.publicKey.export({ format: 'jwk' }), ...fields };
}

const JWKS = [
  jwk(rsa, { kid: 'rsa', use: 'sig' }),
  jwk(p256, { kid: 'p256' }),
  jwk(p384, { kid: 'p384' }),
  jwk(weak, { kid: 'weak' }),
  jwk(stranger, { kid: 'encryption', use: 'enc' }),
];

type Header = Record<string, unknown>;
type Claims = Record<string, unknown>;

/** A valid payload with some claims replaced; undefined omits one. */
function claims(changed: Claims = {}): Claims {
  return { sub: 'alice', iss: ISSUER, aud: AUDIENCE, iat: NOW, exp: NOW + 300, typ: 'Bearer', ...changed };
}

/** A validly signed token with any header and payload. */
function sign(payload: unknown, header: Header = {}, key: KeyObject = rsa.privateKey): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  // The tests' headers are wrong on purpose; `alg` is always there.
  const full = { alg: 'RS256', kid: 'rsa', typ: 'JWT', ...header } as CompactJWSHeaderParameters;
  const crit = Object.fromEntries((full.crit ?? []).map((name) => [name, true]));
  return new CompactSign(Buffer.from(text)).setProtectedHeader(full).sign(key, { crit });
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** A token with a header that libraries refuse to sign; the signature is valid for RS256. */
function withRawHeader(header: unknown): string {
  const input = `${encode(header)}.${encode(claims())}`;
  return `${input}.${createSign('sha256').update(input).sign(rsa.privateKey, 'base64url')}`;
}

function verifierOf(
  jwks: readonly unknown[] = JWKS,
  settings: Partial<{ issuer: null; audience: null }> = {},
): TokenVerifier {
  return new TokenVerifier(
    new KeyCache(new FakeSource(jwks), { coolDownMs: 0 }),
    { issuer: ISSUER, audience: AUDIENCE, ...settings },
    () => NOW * 1_000,
  );
}

describe('TokenVerifier', () => {
  const verifier = verifierOf();
  const warn = jest.fn();
  const log = jest.fn();

  beforeAll(() => {
    Logger.overrideLogger({ log, error: jest.fn(), debug: jest.fn(), warn });
  });
  afterAll(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
  });
  beforeEach(() => {
    warn.mockClear();
    log.mockClear();
  });

  async function expectInvalid(token: string, of = verifier): Promise<void> {
    const refusal = of.verify(token);
    await expect(refusal).rejects.toBeInstanceOf(TokenRejectedError);
    await expect(refusal).rejects.toMatchObject({ reason: 'token_invalid' });
  }

  it('returns the principal of a valid token', async () => {
    const token = await sign(
      claims({
        email: 'alice@example.com',
        name: 'Alice',
        preferred_username: 'al',
        sid: 'session-1',
        realm_access: { roles: ['realtime-admin', 'user'] },
      }),
    );
    await expect(verifier.verify(token)).resolves.toEqual({
      userId: 'alice',
      email: 'alice@example.com',
      name: 'Alice',
      roles: new Set(['realtime-admin', 'user']),
      expiresAt: new Date((NOW + 300) * 1_000),
      sessionId: 'session-1',
    });
  });

  describe('that has verified a token before', () => {
    let now: number;
    let source: FakeSource;
    let clock: number;
    let own: TokenVerifier;
    let token: string;

    beforeEach(async () => {
      [now, clock] = [NOW, 0];
      source = new FakeSource(JWKS);
      const keys = new KeyCache(source, { coolDownMs: 0, maxAgeMs: 1_000, clock: () => clock });
      own = new TokenVerifier(keys, { issuer: ISSUER, audience: AUDIENCE }, () => now * 1_000);
      token = await sign(claims());
      expect((await own.verify(token)).userId).toBe('alice');
    });

    it('remembers who it is for', async () => {
      expect(await own.verify(token)).toBe(await own.verify(token));
      expect((await own.verify(await sign(claims({ sub: 'bob' })))).userId).toBe('bob');
    });

    it('refuses it once it has expired', async () => {
      now = NOW + 304;
      expect((await own.verify(token)).userId).toBe('alice');
      now = NOW + 305;
      await expect(own.verify(token)).rejects.toMatchObject({ reason: 'token_expired' });
    });

    it('refuses it once its key is withdrawn, or is another key', async () => {
      source.jwks = [jwk(stranger, { kid: 'rsa' })];
      clock = 2_000;
      // Starts to fetch the keys.
      await own.verify(token);
      await new Promise(setImmediate);
      await expectInvalid(token, own);
    });

    it('refuses it with another signature', async () => {
      await expectInvalid(`${token.slice(0, -4)}AAAA`, own);
    });
  });

  it.each([
    ['RS256', 'rsa', rsa],
    ['RS384', 'rsa', rsa],
    ['RS512', 'rsa', rsa],
    ['PS256', 'rsa', rsa],
    ['ES256', 'p256', p256],
    ['ES384', 'p384', p384],
  ])('accepts %s', async (alg, kid, pair) => {
    const token = await sign(claims(), { alg, kid }, pair.privateKey);
    await expect(verifier.verify(token)).resolves.toMatchObject({ userId: 'alice' });
  });

  describe('refuses the header', () => {
    it.each(['none', 'None', 'nOnE', 'NONE'])('with alg %s, with and without a signature', async (alg) => {
      const unsigned = `${encode({ alg, kid: 'rsa' })}.${encode(claims())}.`;
      await expectInvalid(unsigned);
      await expectInvalid(`${unsigned}AAAA`);
    });

    it('of a shared secret made of the public key', async () => {
      const jwkText = JSON.stringify(JWKS[0]);
      const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
      const der = rsa.publicKey.export({ format: 'der', type: 'spki' });
      for (const secret of [pem, der, jwkText]) {
        const input = `${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(claims())}`;
        await expectInvalid(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
      }
    });

    it.each([
      ['PS384', 'rsa', rsa],
      ['PS512', 'rsa', rsa],
      ['ES256', 'rsa', p256],
      ['RS256', 'p256', rsa],
      ['RS256', 'unknown', rsa],
      ['RS256', 'encryption', stranger],
    ])('with alg %s and kid %s', async (alg, kid, pair) => {
      await expectInvalid(await sign(claims(), { alg, kid }, pair.privateKey));
    });

    it('with the kid of a weak key', async () => {
      const input = `${encode({ alg: 'RS256', kid: 'weak' })}.${encode(claims())}`;
      await expectInvalid(`${input}.${createSign('sha256').update(input).sign(weak.privateKey, 'base64url')}`);
    });

    it.each([
      [[]],
      ['x'],
      [1],
      [null],
      [{ kid: 'rsa' }],
      [{ alg: ['RS256'], kid: 'rsa' }],
      [{ alg: { toString: 'RS256' }, kid: 'rsa' }],
      [{ alg: 'RS256', kid: 1 }],
      [{ alg: 'RS256', kid: {} }],
      [{ alg: 'RS256', kid: [] }],
      [{ alg: 'RS256', kid: ['rsa'] }],
      [{ alg: 'RS256', kid: null }],
      [{ alg: 'RS256', kid: '' }],
      [{ alg: 'RS256', kid: 'k'.repeat(8_192) }],
      [{ alg: 'RS256', kid: '__proto__' }],
      [{ alg: 'RS256', kid: 'rsa', crit: [] }],
      [{ alg: 'RS256', kid: 'rsa', crit: ['exp'], exp: 1 }],
      [Object.fromEntries([['__proto__', { alg: 'RS256', kid: 'rsa' }]])],
    ])('%j', async (header) => {
      await expectInvalid(withRawHeader(header));
    });

    it.each([
      'logout+jwt',
      'dpop+jwt',
      'secevent+jwt',
      'application/logout+jwt',
      'JOSE',
      '',
      'at+jwt ',
      7,
      null,
      ['JWT'],
    ])('with typ %j, whatever the payload says', async (typ) => {
      await expectInvalid(withRawHeader({ alg: 'RS256', kid: 'rsa', typ }));
    });

    it('with critical extensions', async () => {
      await expectInvalid(await sign(claims(), { crit: ['x'], x: 1 }));
    });

    it('with any key of its own', async () => {
      const own = stranger.publicKey.export({ format: 'jwk' });
      for (const header of [
        { jwk: own },
        { jku: 'http://127.0.0.1:9/jwks' },
        { x5u: 'http://127.0.0.1:9/' },
        { x5c: ['MII'] },
      ]) {
        await expectInvalid(await sign(claims(), header, stranger.privateKey));
        await expect(verifier.verify(await sign(claims(), header))).resolves.toMatchObject({ userId: 'alice' });
      }
    });
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/jwt'])(
    'accepts the header typ %s',
    async (typ) => {
      await expect(verifier.verify(await sign(claims(), { typ }))).resolves.toMatchObject({ userId: 'alice' });
    },
  );

  it('accepts a token of any of the keys with its kid, and refuses others for the right reason', async () => {
    const twins = verifierOf([jwk(stranger, { kid: 'rsa' }), ...JWKS]);
    await expect(twins.verify(await sign(claims()))).resolves.toMatchObject({ userId: 'alice' });
    await expect(twins.verify(await sign(claims(), {}, stranger.privateKey))).resolves.toMatchObject({
      userId: 'alice',
    });
    const third = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    await expectInvalid(await sign(claims(), {}, third.privateKey), twins);
    for (const key of [rsa, stranger]) {
      const expired = twins.verify(await sign(claims({ exp: NOW - 60 }), {}, key.privateKey));
      await expect(expired).rejects.toMatchObject({ reason: 'token_expired' });
    }
  });

  it('finds the key of a token without a kid only if exactly one fits', async () => {
    const token = await sign(claims(), { kid: undefined });
    await expect(verifier.verify(token)).resolves.toMatchObject({ userId: 'alice' });
    await expectInvalid(token, verifierOf([...JWKS, jwk(stranger, { kid: 'second' })]));
  });

  describe('refuses the signature', () => {
    it('of another key', async () => expectInvalid(await sign(claims(), {}, stranger.privateKey)));

    it('with one bit flipped, anywhere', async () => {
      const token = await sign(claims());
      const start = token.lastIndexOf('.') + 1;
      const signature = Buffer.from(token.slice(start), 'base64url');
      for (let position = 0; position < 50; position++) {
        const flipped = Buffer.from(signature);
        flipped.writeUInt8(flipped.readUInt8(position * 5) ^ 1, position * 5);
        await expectInvalid(token.slice(0, start) + flipped.toString('base64url'));
      }
    });

    it('in another encoding: unused bits, standard base64, padding, spaces', async () => {
      const token = await sign(claims());
      const last = token.slice(-1);
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      await expectInvalid(token.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? ''));
      const standard = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url').toString('base64');
      await expectInvalid(token.slice(0, token.lastIndexOf('.') + 1) + standard);
      for (const text of [`${token}=`, ` ${token}`, `${token}\n`, `${token}.`, `${token}.x`]) await expectInvalid(text);
    });

    it('that is missing', async () => {
      const token = await sign(claims());
      await expectInvalid(token.slice(0, token.lastIndexOf('.') + 1));
      await expectInvalid(token.slice(0, token.lastIndexOf('.')));
    });
  });

  it.each(['', '.', '..', 'a.b.c', '....', 'undefined', 'é.é.é', `${'a'.repeat(20_000)}.a.a`])(
    'refuses the text %.20j',
    async (text) => {
      await expectInvalid(text);
    },
  );

  it('refuses an overlong token, even if valid', async () => {
    await expectInvalid(await sign(claims({ filler: 'x'.repeat(16_384) })));
  });

  describe('refuses the payload', () => {
    it.each(['"hello"', '[]', 'null', '1', 'no json', '', '{', '{"exp":'])('%s', async (payload) => {
      await expectInvalid(await sign(payload));
    });

    it('that is a token itself', async () => expectInvalid(await sign(await sign(claims()), { cty: 'JWT' })));

    it('that is deeply nested', async () => {
      await expectInvalid(await sign(`${'['.repeat(5_000)}${']'.repeat(5_000)}`));
    });

    it.each<[Claims]>([
      [{ exp: undefined }],
      [{ exp: null }],
      [{ exp: String(NOW + 300) }],
      [{ exp: {} }],
      [{ exp: 1e300 }],
      [{ exp: 253_402_300_800 }],
      [{ nbf: NOW + 6 }],
      [{ nbf: 'now' }],
      [{ iat: NOW + 61 }],
      [{ iat: NOW + 6_000 }],
      [{ iat: 'now' }],
      [{ iat: null }],
      [{ iss: undefined }],
      [{ iss: 'https://id.example.com/realms/other' }],
      [{ iss: `${ISSUER}/` }],
      [{ iss: ISSUER.toUpperCase() }],
      [{ iss: ISSUER.replace('https', 'http') }],
      [{ iss: [ISSUER] }],
      [{ aud: undefined }],
      [{ aud: 'account' }],
      [{ aud: ['account'] }],
      [{ aud: { api: 1 } }],
      [{ aud: 7 }],
      [{ aud: [[AUDIENCE]] }],
      [{ sub: undefined }],
      [{ sub: '' }],
      [{ sub: null }],
      [{ sub: 7 }],
      [{ sub: {} }],
      [{ sub: ['alice'] }],
      [{ sub: 'a\u0000b' }],
      [{ sub: 'a\nb' }],
      [{ sub: 'x'.repeat(256) }],
      [{ typ: 'Refresh' }],
      [{ typ: 'Offline' }],
      [{ typ: 'ID' }],
      [{ typ: 'Logout' }],
      [{ typ: null }],
      [{ typ: ['Bearer'] }],
    ])('with %j', async (changed) => {
      await expectInvalid(await sign(claims(changed)));
    });

    it('with a user id of unpaired surrogates', async () => {
      await expectInvalid(await sign(JSON.stringify(claims({ sub: '?' })).replace('"?"', '"\\ud800"')));
    });
  });

  it.each<[Claims]>([
    [{ exp: NOW - 4 }],
    [{ exp: NOW + 0.5 }],
    [{ exp: 253_402_300_799 }],
    [{ nbf: NOW + 5 }],
    [{ iat: NOW + 60 }],
    [{ iat: undefined }],
    [{ aud: ['account', AUDIENCE] }],
    [{ typ: undefined }],
  ])('accepts %j', async (changed) => {
    await expect(verifier.verify(await sign(claims(changed)))).resolves.toMatchObject({ userId: 'alice' });
  });

  it.each(['auth0|5f', 'a@example.com', '__proto__', 'constructor', '🦊'.repeat(255)])(
    'takes the user id %s',
    async (sub) => {
      await expect(verifier.verify(await sign(claims({ sub })))).resolves.toMatchObject({ userId: sub });
    },
  );

  it.each([NOW - 5, NOW - 6, 0, -1, -1e300])('reports a token with exp %d as expired', async (exp) => {
    await expect(verifier.verify(await sign(claims({ exp })))).rejects.toMatchObject({ reason: 'token_expired' });
  });

  it('reports an expired token with a bad signature as invalid', async () => {
    await expectInvalid(await sign(claims({ exp: 0 }), {}, stranger.privateKey));
  });

  it('checks issuer and audience only if configured', async () => {
    const lax = verifierOf(JWKS, { issuer: null, audience: null });
    const token = await sign(claims({ iss: undefined, aud: 7 }));
    await expect(lax.verify(token)).resolves.toMatchObject({ userId: 'alice' });
  });

  it('reads only realm roles, and only strings', async () => {
    const odd = claims({ roles: ['a'], realm_access: { roles: ['b', 1, null, ['c'], { d: 1 }] } });
    expect((await verifier.verify(await sign(odd))).roles).toEqual(new Set(['b']));
    for (const realmAccess of [null, [], 'roles', { roles: 'admin' }, { roles: { 0: 'admin' } }, 7]) {
      expect((await verifier.verify(await sign(claims({ realm_access: realmAccess })))).roles).toEqual(new Set());
    }
  });

  it('reads nothing through a prototype', async () => {
    const poison = '"__proto__":{"realm_access":{"roles":["realtime-admin"]},"email":"eve@example.com"}';
    const nested = '"realm_access":{"__proto__":{"roles":["realtime-admin"]}}';
    for (const fields of [poison, nested]) {
      const token = await sign(JSON.stringify(claims()).replace(/}$/, `,${fields}}`));
      await expect(verifier.verify(token)).resolves.toMatchObject({ roles: new Set(), email: null });
    }
  });

  it('falls back to the user name, and ignores odd texts', async () => {
    const named = await verifier.verify(await sign(claims({ preferred_username: 'al', email: 7, sid: '' })));
    expect(named).toMatchObject({ name: 'al', email: null, sessionId: null });
    const odd = await verifier.verify(await sign(claims({ name: 'a\u0000', email: 'x'.repeat(1_001) })));
    expect(odd).toMatchObject({ name: null, email: null });
  });

  it('hints once at the client scope that Keycloak needs for sub', async () => {
    const fresh = verifierOf();
    await expectInvalid(await sign(claims({ sub: undefined })), fresh);
    await expectInvalid(await sign(claims({ sub: undefined })), fresh);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('client scope "basic"'), expect.anything());
  });

  it.each([
    [
      'another issuer',
      { iss: 'https://other.example' },
      `iss is "https://other.example", and JWT_ISSUER is "${ISSUER}"`,
    ],
    ['no issuer', { iss: undefined }, `iss is missing, and JWT_ISSUER is "${ISSUER}"`],
    ['another audience', { aud: ['account', 'x'] }, `aud is ["account","x"], and JWT_AUDIENCE is "${AUDIENCE}"`],
  ])('tells the log, and the log alone, why a token of %s is refused', async (_title, odd, why) => {
    const fresh = verifierOf();
    for (let count = 0; count < 3; count += 1) await expectInvalid(await sign(claims(odd)), fresh);
    expect(warn.mock.calls.map(([line]) => line)).toEqual([`Refused a token: ${why}`]);
  });

  it('logs forged tokens without their content', async () => {
    const fresh = verifierOf();
    await expectInvalid(await sign(claims({ iss: 'https://forged.example' }), {}, stranger.privateKey), fresh);
    expect(log.mock.calls.map(([line]) => line)).toEqual(['Refused a token: invalid signature']);
    expect(warn).not.toHaveBeenCalled();
  });

  it('never logs a part of a token', async () => {
    const debug = jest.fn();
    Logger.overrideLogger({ log: debug, error: debug, debug, warn: debug });
    const token = await sign('secret payload, no JSON');
    await expectInvalid(token);
    await expectInvalid('eyJsecret.eyJsecret.secret');
    expect(JSON.stringify(debug.mock.calls)).not.toMatch(/secret|eyJ/);
    Logger.overrideLogger({ log, error: jest.fn(), debug: jest.fn(), warn });
  });

  it('is not ready, and can verify nothing, until keys have been fetched', async () => {
    const source = new FakeSource(JWKS);
    source.isDown = true;
    const waiting = new TokenVerifier(
      new KeyCache(source, { coolDownMs: 0 }),
      { issuer: null, audience: null },
      () => NOW * 1_000,
    );
    expect(waiting.isReady()).toBe(false);
    const token = await sign(claims());
    await expect(waiting.verify(token)).rejects.toBeInstanceOf(KeysUnavailableError);
    source.isDown = false;
    await expect(waiting.verify(token)).resolves.toMatchObject({ userId: 'alice' });
    expect(waiting.isReady()).toBe(true);
  });
});
