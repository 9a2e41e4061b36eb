import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Environment } from '../../src/config/environment.js';
import { type Decision, decisionOn } from '../support/decision.js';
import { leavesNothing, refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient, type RawUpgrade } from '../support/raw-client.js';

const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';
const LISTED = [APP, 'http://localhost:3000', '*.wild.example', 'capacitor://localhost', 'https://[::1]:444'];

let node: Herald;
let port: number;
let token: string;

beforeAll(async () => {
  node = await herald({ ALLOWED_ORIGINS: LISTED.join(','), WS_MAX_CONNECTIONS_PER_USER: '0' });
  port = Number(new URL(node.url).port);
  token = await node.tokenFor('alice');
});
afterAll(async () => {
  try {
    await leavesNothing(node);
  } finally {
    await node.stop();
  }
});

async function ask(headers: RawUpgrade['headers'], target = '/ws/notifications/'): Promise<Decision> {
  return decisionOn(await RawClient.open(port), { target, headers: { Authorization: `Bearer ${token}`, ...headers } });
}

describe('the origin', () => {
  it.each([
    // @abuse ORIG-01
    APP,
    'http://localhost:3000',
    'https://a.b.wild.example',
    'https://[::1]:444',
    // @abuse ORIG-10
    'https://app.example.com:443',
    // @abuse ORIG-11
    'HTTPS://APP.EXAMPLE.COM',
    // @abuse ORIG-21
    'capacitor://localhost',
  ])('%s is allowed', async (origin) => {
    expect(await ask({ Origin: origin })).toBe('welcome');
  });

  // @abuse ORIG-02
  it('may be missing, as non-browsers send none and cookies are not credentials', async () => {
    expect(await ask({})).toBe('welcome');
    const cookies = { Authorization: null, Cookie: `access_token=${token}; token=${token}` };
    expect(await ask(cookies)).toBe('4001 token_missing');
  });

  it.each([
    // @abuse ORIG-04
    'null',
    'NULL',
    '',
    // @abuse ORIG-07
    `${APP}, ${EVIL}`,
    `${EVIL} ${APP}`,
    `${APP},`,
    // @abuse ORIG-10
    'https://app.example.com:80',
    'https://app.example.com:0443',
    'https://app.example.com:',
    'https://app.example.com:8443',
    // @abuse ORIG-11
    'http://app.example.com',
    'app.example.com',
    '//app.example.com',
    // @abuse ORIG-16
    'https://evilapp.example.com',
    'https://app.example.com.evil.io',
    'https://app.example.com.',
    'https://app.example.com@evil.io',
    'https://evil.io/https://app.example.com',
    'https://evil.io#.wild.example',
    'https://wild.example',
    'https://.wild.example',
    'https://*.wild.example',
    `${APP}/`,
    // @abuse ORIG-18
    'https://appXexample.com',
    'https://aXwildXexample',
    // @abuse ORIG-21
    'chrome-extension://abc',
    'capacitor://other',
    'file://',
    'moz-extension://app.example.com',
    'javascript://app.example.com',
  ])('%p is refused with 403 and counted', async (origin) => {
    const before = await refused(node, 'origin');
    expect(await ask({ Origin: origin })).toBe('403');
    expect(await refused(node, 'origin')).toBe(before + 1);
  });

  it.each([
    [APP, EVIL],
    [EVIL, APP],
    [APP, APP],
    [APP, 'null'],
    // @abuse ORIG-06
  ])('given twice, as %s and %s, is refused with 403', async (first, second) => {
    expect(await ask({ Origin: first, origin: second })).toBe('403');
  });

  it('is checked after the path and the handshake, and before the token', async () => {
    expect(await ask({ Origin: EVIL }, '/ws/unknown/')).toBe('404');
    expect(await ask({ Origin: EVIL, 'Sec-WebSocket-Key': 'abc' })).toBe('400');
    expect(await ask({ Origin: EVIL, Authorization: null })).toBe('403');
  });
});

describe('in production', () => {
  const PRODUCTION = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://herald@db/herald',
    REDIS_HOST: 'redis',
    KEYCLOAK_URL: 'https://id.example.com',
    KEYCLOAK_REALM: 'main',
    JWT_AUDIENCE: 'herald',
  };

  // @abuse ORIG-22
  it.each(['*', 'https://*', '*.com.*', '*.'])('ALLOWED_ORIGINS=%s stops the start', (allowed) => {
    expect(() => new Environment({ ...PRODUCTION, ALLOWED_ORIGINS: allowed })).toThrow('ALLOWED_ORIGINS: got');
  });

  // @abuse ORIG-23
  it('no origin is allowed by default', () => {
    expect(new Environment(PRODUCTION).allowedOrigins).toEqual([]);
    expect(new Environment({ ...PRODUCTION, ALLOWED_ORIGINS: '' }).allowedOrigins).toEqual([]);
  });
});

describe('the host', () => {
  // @abuse ORIG-25
  it('is required', async () => {
    expect(await ask({ Host: null })).toBe('400');
  });

  it.each(['a b<>', '[::1', 'evil@x/ws/slow?', '', 'a:b', 'a:123456', 'a/b', 'a\\b', '"a"', '[v1.x]'])(
    // @abuse ORIG-26
    '%p is refused with a well-formed 400, over WebSocket and over HTTP',
    async (host) => {
      expect(await ask({ Host: host })).toBe('400');
      const client = await RawClient.open(port);
      client.send(`GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      const { status, headers } = await client.answer();
      expect([status, headers['content-type']]).toEqual([400, expect.stringContaining('application/problem+json')]);
      await client.ended();
    },
  );

  // @abuse ORIG-26
  it('given twice is refused with 400', async () => {
    expect(await ask({ host: 'localhost' })).toBe('400');
  });

  it.each(['localhost', '127.0.0.1:1', '[::1]:8000', 'xn--e1afmkfd.example', 'my_host.', 'a%20b'])(
    // @abuse ORIG-26
    '%s is accepted, and decides nothing',
    async (host) => {
      expect(await ask({ Host: host })).toBe('welcome');
    },
  );

  // @abuse ORIG-27
  it('a client’s X-Forwarded-Host and -Proto change nothing', async () => {
    const spoofed = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.example',
    };
    expect(await ask({ ...spoofed, Origin: EVIL })).toBe('403');
    expect(await ask({ ...spoofed, Origin: `http://127.0.0.1:${port}` })).toBe('403');
    expect(await ask({ ...spoofed, Origin: APP })).toBe('welcome');
  });

  // @abuse ORIG-27
  it('a client’s X-Forwarded-For does not change its address', async () => {
    const limited = await herald({ WS_MAX_CONNECTIONS_PER_IP: '1' });
    try {
      const where = Number(new URL(limited.url).port);
      const first = await RawClient.open(where);
      first.sendUpgrade({ target: `/ws/notifications/?token=${await limited.tokenFor('alice')}` });
      await first.until('connection.established');
      const second = await RawClient.open(where);
      const headers = { 'X-Forwarded-For': '203.0.113.7', 'X-Real-IP': '203.0.113.7' };
      expect(await decisionOn(second, { target: '/ws/notifications/', headers })).toBe('429');
      first.destroy();
    } finally {
      await limited.stop();
    }
  });
});
