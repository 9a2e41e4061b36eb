import { KeyObject } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Environment } from '../../src/config/environment.js';
import { accepted, EXPIRED, knock, REFUSED, tryToken } from '../support/door.js';
import { leavesNothing } from '../support/metrics.js';
import { forge, type Part } from '../support/forgery.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { type Herald, herald } from '../support/herald.js';
import { postgresDatabase } from '../support/servers.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const ISSUER = 'https://kc.example.com/realms/r';
const YEAR_SECONDS = 31_557_600;

let jwks: Jwks;
let node: Herald;
let key: KeyObject;

beforeAll(async () => {
  jwks = await startJwks();
  key = KeyObject.from(jwks.key.privateKey);
  node = await herald({
    KEYCLOAK_JWKS_URL: jwks.url,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: 'api',
    DATABASE_URL: await postgresDatabase(),
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
  });
});
afterEach(closeAllClients);
afterAll(async () => {
  await leavesNothing(node);
  await node.stop();
  await jwks.stop();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

type Claims = Record<string, unknown>;

/** A valid Keycloak payload with some claims replaced; undefined omits one. */
function claims(changed: Claims = {}): Claims {
  return { sub: 'alice', iss: ISSUER, aud: 'api', typ: 'Bearer', iat: inSeconds(0), exp: inSeconds(300), ...changed };
}

function signed(payload: Part, header: Claims = {}): string {
  return forge({ json: { alg: 'RS256', kid: 'key-1', typ: 'JWT', ...header } }, payload, key);
}

/** A valid payload with text inserted before its closing brace. */
function textWith(more: string): { text: string } {
  return { text: `${JSON.stringify(claims()).slice(0, -1)},${more}}` };
}

async function judge(changed: Claims): Promise<unknown> {
  return tryToken(node, signed({ json: claims(changed) }));
}

it('accepts the token that the others differ from', async () => {
  expect(await judge({})).toEqual(accepted('alice'));
});

// @abuse JWKS-04
it('accepts a token without a kid if exactly one published key fits and has signed it', async () => {
  const good = signed({ json: claims() }, { kid: undefined });
  expect(await tryToken(node, good)).toEqual(accepted('alice'));
  expect(await tryToken(node, `${good.slice(0, -9)}AAAAAAAAA`)).toEqual(REFUSED);
});

describe('the lifetime', () => {
  // @abuse JWT-23
  it.each([-6, -7, -3_600])('of a token with its exp %d s from now is over', async (seconds) => {
    expect(await judge({ exp: inSeconds(seconds) })).toEqual(EXPIRED);
  });

  // @abuse JWT-23
  it.each([0, -1, -1e300, 1])('of a token with exp %d is over', async (exp) => {
    expect(await judge({ exp })).toEqual(EXPIRED);
  });

  // @abuse JWT-23
  it('of a token and its connection is over 5 s after exp, the tolerance', async () => {
    const client = await connect(`${node.wsUrl}/ws/notifications/`, {
      token: signed({ json: claims({ exp: inSeconds(0) }) }),
    });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
    expect(await client.closed(8_000)).toEqual({ code: 4001, reason: 'token_expired' });
  });

  it.each([undefined, null, '', '9999999999', true, {}, [], [9_999_999_999]])(
    // @abuse JWT-25
    'is required: exp %p is refused',
    async (exp) => {
      expect(await judge({ exp })).toEqual(REFUSED);
    },
  );

  // @abuse JWT-27
  it.each(['1e300', '1e999', '253402300800'])('may not be absurdly long: exp %s is refused', async (exp) => {
    const text = JSON.stringify(claims({ exp: 0 })).replace('"exp":0', `"exp":${exp}`);
    expect(await tryToken(node, signed({ text }))).toEqual(REFUSED);
  });

  // @abuse JWT-27
  it.each([1, 100])('may be %d years, which fires no timer early', async (years) => {
    const exp = inSeconds(years * YEAR_SECONDS);
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { token: signed({ json: claims({ exp }) }) });
    expect(await client.next()).toMatchObject({ expires_at: new Date(exp * 1_000).toISOString() });
    await client.ping();
    expect(client.isOpen).toBe(true);
  });

  // @abuse JWT-30
  it.each([6_000, 90, 1e12])('can’t begin in the future: iat %d s from now is refused', async (seconds) => {
    expect(await judge({ iat: inSeconds(seconds) })).toEqual(REFUSED);
  });

  // @abuse JWT-30
  it.each(['now', null, {}, []])('needs a number as iat, if any: %p is refused', async (iat) => {
    expect(await judge({ iat })).toEqual(REFUSED);
  });

  // @abuse JWT-30
  it('may begin up to a minute ahead, or without an iat', async () => {
    expect(await judge({ iat: inSeconds(50) })).toEqual(accepted('alice'));
    expect(await judge({ iat: undefined })).toEqual(accepted('alice'));
  });

  // @abuse JWT-30
  it.each([60, 'now', null, {}])('must have begun: nbf %p is refused', async (nbf) => {
    expect(await judge({ nbf: typeof nbf === 'number' ? inSeconds(nbf) : nbf })).toEqual(REFUSED);
  });
});

describe('the issuer', () => {
  it.each([
    // @abuse JWT-34
    ['another realm of the same host', 'https://kc.example.com/realms/other'],
    ['a realm whose name begins like it', `${ISSUER}2`],
    ['missing', undefined],
    ['null', null],
    ['a list with it', [ISSUER]],
    // @abuse JWT-35
    ['it with a trailing slash', `${ISSUER}/`],
    ['it in capitals', ISSUER.toUpperCase()],
    ['it with the host in capitals', 'https://KC.EXAMPLE.COM/realms/r'],
    ['it without TLS', ISSUER.replace('https', 'http')],
    ['it with its port', 'https://kc.example.com:443/realms/r'],
    ['it with a space', `${ISSUER} `],
    ['it by another path', 'https://kc.example.com/realms/./r'],
  ])('that is %s is refused', async (_, iss) => {
    expect(await judge({ iss })).toEqual(REFUSED);
  });
});

describe('the audience', () => {
  it.each<[string, unknown]>([
    // @abuse JWT-37
    ['Keycloak’s default', 'account'],
    ['a list without ours', ['account', 'apis']],
    ['ours in capitals', 'API'],
    ['ours and another in one string', 'account api'],
    ['a pattern', '*'],
    // @abuse JWT-39
    ['missing', undefined],
    ['null', null],
    ['an object', { api: 1 }],
    ['a number', 7],
    ['an empty list', []],
    ['a list in a list', [['api']]],
  ])('that is %s is refused', async (_, aud) => {
    expect(await judge({ aud })).toEqual(REFUSED);
  });

  // @abuse JWT-37
  it('must be configured in production, or explicitly not checked', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://db/herald',
      REDIS_HOST: 'redis',
      KEYCLOAK_JWKS_URL: 'https://kc.example.com/certs',
    };
    expect(() => new Environment(production)).toThrow(/JWT_AUDIENCE: got nothing.*required when NODE_ENV=production/);
    expect(() => new Environment({ ...production, JWT_AUDIENCE: ' ' })).toThrow(/JWT_AUDIENCE/);
    expect(new Environment({ ...production, JWT_AUDIENCE: 'any' }).auth.audience).toBeNull();
  });

  // @abuse JWT-38
  it.each([[['account', 'api']], [['api']], [[7, null, 'api']]])('that is %j is accepted', async (aud) => {
    expect(await judge({ aud })).toEqual(accepted('alice'));
  });
});

describe('the type', () => {
  it.each([
    // @abuse JWT-46
    ['Refresh'],
    // @abuse JWT-47
    ['Offline'],
    // @abuse JWT-46
    ['ID'],
    ['Logout'],
    ['refresh'],
    [''],
    [null],
    [['Bearer']],
  ])('of a token with another purpose (%p) is refused, even if well signed', async (typ) => {
    expect(await judge({ typ })).toEqual(REFUSED);
  });

  it.each(['logout+jwt', 'dpop+jwt'])(
    // @abuse JWT-46
    'of a token with another purpose is refused in its header too: %s',
    async (typ) => {
      expect(await tryToken(node, signed({ json: claims({ typ: undefined }) }, { typ }))).toEqual(REFUSED);
      expect(await tryToken(node, signed({ json: claims({ typ: undefined }) }, { typ: 'at+jwt' }))).toEqual(
        accepted('alice'),
      );
    },
  );

  // @abuse JWT-46
  it('of a refresh token, which Keycloak signs with a secret, is refused', async () => {
    const token = signed({ json: claims({ typ: 'Refresh' }) }, { alg: 'HS512', kid: 'secret' });
    expect(await tryToken(node, token)).toEqual(REFUSED);
  });
});

describe('the payload', () => {
  it.each(['"hello"', '[]', 'null', '1', 'true', '', '{', 'no json', '{"exp":', '\u0000'])(
    // @abuse JWT-51
    'with the text %j is refused',
    async (text) => {
      expect(await tryToken(node, signed({ text }))).toEqual(REFUSED);
    },
  );

  // @abuse JWT-51
  it('that is a list of good claims is refused', async () => {
    expect(await tryToken(node, signed({ json: [claims()] }))).toEqual(REFUSED);
  });

  // @abuse JWT-21
  it('that is itself a token is refused', async () => {
    const inner = signed({ json: claims() });
    expect(await tryToken(node, signed({ text: inner }, { cty: 'JWT' }))).toEqual(REFUSED);
    expect(await tryToken(node, signed({ json: inner }, { cty: 'JWT' }))).toEqual(REFUSED);
  });

  // @abuse JWT-52
  it('with a claim given twice counts by the last one', async () => {
    const good = await tryToken(node, signed(textWith(`"exp":1,"exp":${inSeconds(300)}`)));
    expect(good).toEqual(accepted('alice'));
    expect(await tryToken(node, signed(textWith('"exp":1')))).toEqual(EXPIRED);
    expect(await tryToken(node, signed(textWith('"sub":"bob"')))).toEqual(accepted('bob'));
  });

  // @abuse JWT-55
  it('that is nested 5,000 levels deep is harmless, and ignored in unread claims', async () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    expect(await tryToken(node, signed({ text: deep }))).toEqual(REFUSED);
    // With the token's other parts, this still fits in a URL.
    const shallower = `${'['.repeat(4_500)}${']'.repeat(4_500)}`;
    expect(await tryToken(node, signed(textWith(`"x":${shallower}`)))).toEqual(accepted('alice'));
    expect(await tryToken(node, signed(textWith(`"realm_access":${shallower}`)))).toEqual(accepted('alice'));
    expect(await tryToken(node, signed(textWith(`"sub":${shallower}`)))).toEqual(REFUSED);
  });

  // @abuse JWT-55
  it('that is longer than any honest one is refused unread', async () => {
    const token = signed({ json: claims({ filler: 'x'.repeat(16_384) }) });
    expect(await tryToken(node, token)).toEqual(REFUSED);
  });

  // @abuse JWT-55
  it('that does not fit in a request head is answered with 431', async () => {
    const token = signed({ json: claims({ filler: 'x'.repeat(32_768) }) });
    await expect(connect(`${node.wsUrl}/ws/notifications/?token=${token}`)).rejects.toThrow('431');
    expect((await fetch(`${node.url}/api/v1/orgs`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      431,
    );
  });
});

// @abuse JWT-59
it('one token opens as many connections as its user may have, and others are closed with 4029', async () => {
  const path = `/ws/notifications/?token=${signed({ json: claims({ sub: 'fifty' }) })}`;
  const clients = await Promise.all(Array.from({ length: 50 }, () => connect(`${node.wsUrl}${path}`)));
  const firsts = await Promise.allSettled(clients.map((client) => client.next()));
  expect(firsts.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
  const refused = clients.filter((client) => client.received.length === 0);
  for (const client of refused) {
    expect(await client.closed()).toEqual({ code: 4029, reason: 'too_many_connections' });
  }
  await closeAllClients();
  expect(await knock(node, path)).toEqual({ user: 'fifty' });
});
