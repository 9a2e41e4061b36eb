import { createHmac, generateKeyPairSync, type JsonWebKey, KeyObject } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Environment } from '../../src/config/environment.js';
import { accepted, knock, REFUSED, TOKEN_INVALID, tryToken } from '../support/door.js';
import { encode, forge } from '../support/forgery.js';
import { type Herald, herald } from '../support/herald.js';
import { createKey, type Jwks, type SigningKey, startJwks } from '../support/keys.js';
import { leavesNothing } from '../support/metrics.js';
import { RecordedQueries } from '../support/recorded-queries.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

/** The shortest time between two requests for keys that tokens cause. */
const COOL_DOWN_MS = 2_000;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });

let jwks: Jwks;
let node: Herald;
let first: KeyObject;
let further: SigningKey[];

beforeAll(async () => {
  jwks = await startJwks();
  first = KeyObject.from(jwks.key.privateKey);
  further = await Promise.all(Array.from({ length: 7 }, (_, index) => createKey(`further-${index}`, 'ES256')));
  const odd: unknown[] = [
    null,
    [],
    'key',
    7,
    {},
    { ...rsaKey('encryption'), use: 'enc' },
    { ...rsaKey('wrapping'), key_ops: ['wrapKey', 'encrypt'] },
    { ...rsaKey('other-use'), use: ['sig'] },
    { ...rsaKey('other-algorithm'), alg: 'RSA-OAEP' },
    { ...rsaKey('shorter-hash'), alg: 'RS512' },
    { ...rsaKey('nothing'), n: '' },
    { ...rsaKey('no-text'), n: 7, e: null },
    { ...rsaKey('garbage'), n: '!!!', e: 'AQAB' },
    { ...rsaKey('one'), e: 'AQ' },
    { ...rsaKey('private'), ...rsa.privateKey.export({ format: 'jwk' }) },
    { kty: 'oct', kid: 'secret', k: Buffer.from('secret').toString('base64url'), alg: 'HS256' },
    { ...jwks.key.publicJwk, n: rsaKey('').n },
    { ...rsaKey('__proto__') },
    { ...rsaKey(''), kid: 7 },
  ];
  // The test sends invalid entries on purpose.
  jwks.keys = [...odd.slice(0, 16), ...jwks.keys, ...odd.slice(16), ...further.map(({ publicJwk }) => publicJwk)] as [];
  node = await herald({ KEYCLOAK_JWKS_URL: jwks.url, RUN_JOBS: 'false' }, { timings: { keyCoolDownMs: COOL_DOWN_MS } });
});
afterEach(closeAllClients);
afterAll(async () => {
  await leavesNothing(node);
  await node.stop();
  await jwks.stop();
});

function rsaKey(kid: string): JsonWebKey {
  return { ...rsa.publicKey.export({ format: 'jwk' }), kid };
}

function claims(): { json: object } {
  return { json: { sub: 'alice', exp: Math.floor(Date.now() / 1_000) + 300 } };
}

function signed(header: object, key: KeyObject): string {
  return forge({ json: { alg: 'RS256', ...header } }, claims(), key);
}

describe('a key set with entries of all kinds', () => {
  // @abuse JWKS-21
  it('is fetched once, and all its good keys verify tokens', async () => {
    for (let round = 0; round < 3; round += 1) {
      expect(await tryToken(node, await jwks.sign('alice'))).toEqual(accepted('alice'));
      for (const { kid, alg, privateKey } of further) {
        const token = await jwks.sign('alice', { header: { kid, alg }, key: privateKey });
        expect(await tryToken(node, token)).toEqual(accepted('alice'));
      }
    }
    expect(jwks.fetches).toBe(1);
  });

  it.each([
    'encryption',
    'wrapping',
    'other-use',
    'other-algorithm',
    'shorter-hash',
    'nothing',
    'no-text',
    'garbage',
    'one',
    'private',
    'secret',
    '7',
    // @abuse JWKS-21
  ])('does not verify tokens with its entry %s', async (kid) => {
    expect(await tryToken(node, signed({ kid }, rsa.privateKey))).toEqual(REFUSED);
  });

  // @abuse JWKS-21
  it('does not verify tokens with a shared secret in it', async () => {
    const input = `${encode({ json: { alg: 'HS256', kid: 'secret' } })}.${encode(claims())}`;
    const signature = createHmac('sha256', 'secret').update(input).digest('base64url');
    expect(await tryToken(node, `${input}.${signature}`)).toEqual(REFUSED);
  });

  // @abuse JWKS-21
  it('may have two keys with the same kid, and verifies tokens with either', async () => {
    expect(await tryToken(node, signed({ kid: 'key-1' }, first))).toEqual(accepted('alice'));
    expect(await tryToken(node, signed({ kid: 'key-1' }, rsa.privateKey))).toEqual(accepted('alice'));
    expect(await tryToken(node, signed({ kid: 'key-1' }, stranger.privateKey))).toEqual(REFUSED);
  });

  // @abuse JWKS-21
  it('may have a kid that is a property name of every object', async () => {
    expect(await tryToken(node, signed({ kid: '__proto__' }, rsa.privateKey))).toEqual(accepted('alice'));
    expect(await tryToken(node, signed({ kid: 'constructor' }, rsa.privateKey))).toEqual(REFUSED);
  });

  // @abuse JWKS-04
  it('does not verify a token without a kid if several of its keys fit', async () => {
    expect(await tryToken(node, signed({}, first))).toEqual(REFUSED);
  });
});

describe('a kid', () => {
  // @abuse JWKS-05
  it.each([[1], [{}], [[]], [['key-1']], [null], [true], ['']])('that is %j is refused', async (kid) => {
    expect(await tryToken(node, signed({ kid }, first))).toEqual(REFUSED);
  });

  // @abuse JWKS-08
  it('of 8 KB is refused without a request for keys', async () => {
    const { fetches } = jwks;
    expect(await tryToken(node, signed({ kid: 'k'.repeat(8_192) }, first))).toEqual(REFUSED);
    expect(await tryToken(node, signed({ kid: 'k'.repeat(257) }, first))).toEqual(REFUSED);
    expect(jwks.fetches).toBe(fetches);
  });
});

describe('a flood of bad tokens', () => {
  // @abuse JWKS-03
  it('causes no query, and one request for keys in each cool-down', async () => {
    const startedAt = performance.now();
    const queries = new RecordedQueries(node.app.get(DataSource));
    const { fetches } = jwks;
    const good = signed({ kid: 'key-1' }, first);
    const bad = (index: number): string[] => [
      signed({ kid: `forged-${index}` }, rsa.privateKey),
      signed({ kid: 'key-1' }, stranger.privateKey),
      signed({}, rsa.privateKey),
      `${good.slice(0, -9)}AAAAAAAAA`,
      'a.b.c',
    ];
    for (let index = 0; index < 40; index += 1) {
      const verdicts = await Promise.all(
        bad(index).flatMap((token) => [
          knock(node, `/ws/notifications/?token=${token}`),
          knock(node, `/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/?token=${token}`),
          fetch(`${node.url}/api/v1/orgs`, { headers: { authorization: `Bearer ${token}` } }).then(
            ({ status }) => status,
          ),
        ]),
      );
      expect(verdicts).toEqual(bad(index).flatMap(() => [TOKEN_INVALID, TOKEN_INVALID, 401]));
    }
    expect(ofRequests(queries)).toEqual([]);
    expect(jwks.fetches - fetches).toBeLessThanOrEqual(fetchesIn(performance.now() - startedAt));
    // A good token does cause a query, so the counter works.
    expect(await knock(node, `/ws/events/0190a5c2-7b7e-7c33-8d7e-3f1f0e2a9b11/?token=${good}`)).toMatchObject({
      code: 4003,
    });
    expect(ofRequests(queries)).not.toEqual([]);
    queries.stop();
  });

  it('delays a rotated key by less than 10 s, the limit of the cool-down', () => {
    expect(new Environment({}).timings.keyCoolDownMs).toBeLessThan(10_000);
  });

  // @abuse JWKS-03
  it('with forged kids delays a rotated key by one cool-down at most, and old keys not at all', async () => {
    const old = signed({ kid: 'key-1' }, first);
    const { fetches } = jwks;
    const startedAt = performance.now();
    const added = await createKey('rotated');
    jwks.keys.push(added.publicJwk);
    const rotated = await jwks.sign('alice', { key: added.privateKey, header: { kid: 'rotated' } });
    let count = 0;
    await until(async () => {
      for (let each = 0; each < 5; each += 1) {
        count += 1;
        const forged = signed({ kid: `flood-${count}` }, rsa.privateKey);
        expect(await knock(node, `/ws/notifications/?token=${forged}`)).toEqual(TOKEN_INVALID);
      }
      expect(await knock(node, `/ws/notifications/?token=${old}`)).toEqual({ user: 'alice' });
      return 'user' in (await knock(node, `/ws/notifications/?token=${rotated}`));
    }, 15_000);
    expect(jwks.fetches - fetches).toBeLessThanOrEqual(fetchesIn(performance.now() - startedAt));
    expect(await tryToken(node, rotated)).toEqual(accepted('alice'));
    expect(await tryToken(node, old)).toEqual(accepted('alice'));
  });
});

/** The most requests that forged tokens may cause. A cool-down begins with its request, which may take as long on a busy machine. */
function fetchesIn(milliseconds: number): number {
  return 1 + Math.floor(milliseconds / (COOL_DOWN_MS / 2));
}

/** The queries of requests, without the relay's own queries of the outbox. */
function ofRequests({ all }: RecordedQueries): string[] {
  return all.filter((query) => !/outbox|^(?:START TRANSACTION|COMMIT)$/i.test(query));
}
