import { createHmac, createPublicKey, generateKeyPairSync, KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accepted, REFUSED, tryToken } from '../support/door.js';
import { leavesNothing } from '../support/metrics.js';
import { encode, forge, selfSignedCertificate } from '../support/forgery.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { type Herald, herald } from '../support/herald.js';
import { postgresDatabase } from '../support/servers.js';

const eve = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const edwards = generateKeyPairSync('ed25519');
const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });

let jwks: Jwks;
let node: Herald;
let realm: KeyObject;
let good: string;

beforeAll(async () => {
  jwks = await startJwks();
  realm = KeyObject.from(jwks.key.privateKey);
  // Two keys with one kid, as a realm might publish when it changes its algorithm.
  jwks.keys.push(
    { ...curve.publicKey.export({ format: 'jwk' }), kty: 'EC', kid: 'key-1', use: 'sig' },
    { ...edwards.publicKey.export({ format: 'jwk' }), kty: 'OKP', kid: 'edwards', use: 'sig' },
    { ...weak.publicKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'weak', use: 'sig' },
  );
  node = await herald({
    KEYCLOAK_JWKS_URL: jwks.url,
    JWT_ISSUER: jwks.issuer,
    DATABASE_URL: await postgresDatabase(),
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
  });
  good = await jwks.sign('alice');
});
afterAll(async () => {
  await leavesNothing(node);
  await node.stop();
  await jwks.stop();
});

const HEADER = { alg: 'RS256', kid: 'key-1', typ: 'JWT' };

function claims(): object {
  return { sub: 'alice', iss: jwks.issuer, exp: Math.floor(Date.now() / 1_000) + 300 };
}

/** A valid token except for its header. */
function withHeader(header: unknown, key = realm): string {
  return forge({ json: header }, { json: claims() }, key);
}

/** The good token with another signature. */
function withSignature(signature: string): string {
  return good.slice(0, good.lastIndexOf('.') + 1) + signature;
}

async function expectRefused(...tokens: string[]): Promise<void> {
  for (const token of tokens) expect([token, await tryToken(node, token)]).toEqual([token, REFUSED]);
}

it('accepts the token that the others differ from', async () => {
  expect(await tryToken(node, good)).toEqual(accepted('alice'));
  expect(await tryToken(node, withHeader(HEADER))).toEqual(accepted('alice'));
});

describe('the algorithm', () => {
  it.each(['none', 'NONE', 'nOnE', 'None', 'NoNe', 'none ', ''])(
    // @abuse JWT-02
    '%p is refused, signed or not',
    async (alg) => {
      const start = `${encode({ json: { ...HEADER, alg } })}.${encode({ json: claims() })}.`;
      await expectRefused(start, `${start}AAAA`, withHeader({ ...HEADER, alg }));
    },
  );

  // @abuse JWT-03
  it.each(['256', '384', '512'])('HS%s with the public key as its secret is refused', async (size) => {
    const key = createPublicKey({ key: { ...jwks.key.publicJwk }, format: 'jwk' });
    const pem = key.export({ format: 'pem', type: 'spki' }).toString();
    const secrets = [
      pem,
      pem.trim(),
      key.export({ format: 'pem', type: 'pkcs1' }),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(jwks.key.publicJwk),
      JSON.stringify(key.export({ format: 'jwk' })),
      Buffer.from(jwks.key.publicJwk.n ?? '', 'base64url'),
      '',
    ];
    const input = `${encode({ json: { ...HEADER, alg: `HS${size}` } })}.${encode({ json: claims() })}`;
    const signatures = secrets.map((secret) => createHmac(`sha${size}`, secret).update(input).digest('base64url'));
    await expectRefused(...signatures.map((signature) => `${input}.${signature}`));
  });

  // @abuse JWT-06
  it('must belong to a key with the kid: two keys with one kid are told apart by type', async () => {
    expect(await tryToken(node, withHeader({ ...HEADER, alg: 'ES256' }, curve.privateKey))).toEqual(accepted('alice'));
    await expectRefused(
      withHeader({ ...HEADER, alg: 'RS256' }, curve.privateKey),
      withHeader({ ...HEADER, alg: 'ES256' }, realm),
      withHeader({ ...HEADER, alg: 'ES384' }, curve.privateKey),
      withHeader({ ...HEADER, alg: 'RS512' }, realm),
    );
  });

  // @abuse JWT-06
  it('EdDSA is refused', async () => {
    await expectRefused(
      withHeader({ ...HEADER, alg: 'EdDSA', kid: 'edwards' }, edwards.privateKey),
      withHeader({ ...HEADER, alg: 'Ed25519', kid: 'edwards' }, edwards.privateKey),
      withHeader({ ...HEADER, kid: 'edwards' }),
    );
  });

  it.each([[['RS256']], [{ 0: 'RS256' }], [{ toString: 'RS256' }], [null], [256], [true], ['rs256'], ['RS256\u0000']])(
    // @abuse JWT-16
    '%p is refused',
    async (alg) => {
      await expectRefused(withHeader({ ...HEADER, alg }), withHeader({ ...HEADER, alg, typ: undefined }));
    },
  );

  // @abuse JWT-16
  it('is required, and given twice counts by the last one', async () => {
    await expectRefused(withHeader({ kid: 'key-1' }));
    const twice = (first: string, last: string) =>
      forge({ text: `{"kid":"key-1","alg":"${first}","alg":"${last}"}` }, { json: claims() }, realm);
    expect(await tryToken(node, twice('none', 'RS256'))).toEqual(accepted('alice'));
    await expectRefused(twice('RS256', 'none'));
  });

  // @abuse JWT-56
  it('of an RSA key below 2,048 bits is refused, even if the realm publishes it', async () => {
    await expectRefused(withHeader({ ...HEADER, kid: 'weak' }, weak.privateKey));
  });
});

describe('the signature', () => {
  // @abuse JWT-07
  it('that is empty or missing is refused', async () => {
    await expectRefused(withSignature(''), withSignature('').slice(0, -1), withSignature('='), withSignature('AA'));
  });

  // @abuse JWT-08
  it('with one bit flipped, at 50 places, is refused', async () => {
    const signature = Buffer.from(good.split('.')[2] ?? '', 'base64url');
    for (let index = 0; index < 50; index += 1) {
      const flipped = Buffer.from(signature);
      flipped.writeUInt8(flipped.readUInt8(index * 5) ^ (1 << (index % 8)), index * 5);
      await expectRefused(withSignature(flipped.toString('base64url')));
    }
  });

  // @abuse JWT-08
  it('of another token, of zeros, cut short or extended is refused', async () => {
    const signature = good.split('.')[2] ?? '';
    const other = (await jwks.sign('bob')).split('.')[2] ?? '';
    const zeros = Buffer.alloc(256).toString('base64url');
    await expectRefused(...[other, zeros, signature.slice(0, -4), `${signature}AAAA`].map(withSignature));
    await expectRefused(
      withHeader({ ...HEADER, alg: 'ES256' }).replace(/[^.]*$/, Buffer.alloc(64).toString('base64url')),
    );
  });

  // @abuse JWT-11
  it('has one encoding: other unused bits in its last character are refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(good.slice(-1));
    const same = Buffer.from(good.split('.')[2] ?? '', 'base64url');
    // The last character of 256 encoded bytes has four unused bits.
    for (let bits = 1; bits < 16; bits += 1) {
      const token = good.slice(0, -1) + (alphabet[last ^ bits] ?? '');
      expect(Buffer.from(token.split('.')[2] ?? '', 'base64url')).toEqual(same);
      await expectRefused(token);
    }
  });

  // @abuse JWT-13
  it('in standard base64, with padding or with spaces is refused', async () => {
    const bytes = Buffer.from(good.split('.')[2] ?? '', 'base64url');
    const [header, payload, signature] = good.split('.');
    await expectRefused(withSignature(bytes.toString('base64')), `${good}==`, `${good}=`);
    await expectRefused(`${header}.${payload}=.${signature}`, `${header}=.${payload}.${signature}`, `${good}.`);
    // Not at the ends of the token, where fetch would trim the header.
    await expectRefused(`${header}. ${payload}.${signature}`, `${header}.${payload}.${signature?.slice(0, 9)}%`);
  });
});

describe('the header', () => {
  it.each([[[]], ['x'], [1], [null], [true], [[HEADER]], [JSON.stringify(HEADER)]])(
    // @abuse JWT-15
    'that is %j is refused',
    async (header) => {
      await expectRefused(withHeader(header));
    },
  );

  it.each([
    '',
    '{',
    'no json',
    '{"alg":"RS256","kid":"key-1"',
    '\u0000',
    '{"alg":"RS256","kid":"key-1"} x',
    '\ufeff{}',
    // @abuse JWT-15
  ])('with the text %j is refused', async (text) => {
    await expectRefused(forge({ text }, { json: claims() }, realm));
  });

  it.each([
    [{ crit: ['x'], x: 1 }],
    [{ crit: ['b64'], b64: false }],
    [{ crit: ['b64'], b64: true }],
    [{ crit: ['exp'], exp: 9_999_999_999 }],
    [{ crit: [] }],
    [{ crit: 'x' }],
    [{ crit: null }],
    [{ crit: {} }],
    // @abuse JWT-17
  ])('with %j is refused', async (fields) => {
    await expectRefused(withHeader({ ...HEADER, ...fields }));
  });

  // @abuse JWT-17
  it('with extra fields that are not critical is accepted', async () => {
    expect(await tryToken(node, withHeader({ ...HEADER, x: 1, b64: false }))).toEqual(accepted('alice'));
  });
});

describe('keys that a token names or contains', () => {
  let trap: Server;
  let trapUrl: string;
  let requests = 0;

  beforeAll(async () => {
    const keys = { keys: [{ ...eve.publicKey.export({ format: 'jwk' }), kid: 'eve' }] };
    trap = createServer((_, response) => {
      requests += 1;
      response.end(JSON.stringify(keys));
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    trapUrl = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/jwks`;
  });
  afterAll(async () => {
    trap.close();
    await once(trap, 'close');
  });

  // @abuse JWT-19
  it('are not fetched: jku and x5u are ignored', async () => {
    for (const url of [trapUrl, 'http://127.0.0.1:9/jwks', 'file:///etc/passwd']) {
      for (const kid of ['key-1', 'eve', undefined]) {
        const fields = { jku: url, x5u: url, kid };
        await expectRefused(withHeader({ ...HEADER, ...fields }, eve.privateKey));
      }
      expect(await tryToken(node, withHeader({ ...HEADER, jku: url, x5u: url }))).toEqual(accepted('alice'));
    }
    const foreign = { json: { ...claims(), iss: trapUrl } };
    await expectRefused(forge({ json: { ...HEADER, kid: trapUrl } }, foreign, eve.privateKey));
    await expectRefused(forge({ json: HEADER }, foreign, realm));
    expect(requests).toBe(0);
  });

  // @abuse JWT-20
  it('are not used: x5c and jwk are ignored', async () => {
    const brought = { x5c: [selfSignedCertificate(eve.privateKey)], jwk: eve.publicKey.export({ format: 'jwk' }) };
    for (const kid of ['key-1', 'eve', undefined]) {
      await expectRefused(withHeader({ ...HEADER, ...brought, kid }, eve.privateKey));
    }
    expect(await tryToken(node, withHeader({ ...HEADER, ...brought }))).toEqual(accepted('alice'));
  });
});
