import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ApiAnswer, ApiClient } from './support/api-client.js';
import { countPatiently } from './support/count-patiently.js';
import { type Herald, herald, twoHeralds } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { type Jwks, startJwks } from './support/keys.js';
import { until } from '../src/realtime/testing/until.js';

const LIMIT = 3;
const LIMITED = { HTTP_RATE_LIMIT_PER_MINUTE: String(LIMIT), TRUST_PROXY: '1', RUN_JOBS: 'false' };
const PATH = '/notifications/unread_count';
/** More than the default of 600 a minute. */
const MORE_THAN_USUAL = 601;

let addresses = 0;
/** An address that has sent no request yet. */
const newAddress = (): string => `10.0.0.${(addresses += 1)}`;

/** Sends a request from a client behind the trusted proxy. */
function ask(node: { url: string }, token: string | null, address = newAddress(), path = PATH): Promise<ApiAnswer> {
  return new ApiClient(node.url, token).request('GET', path, undefined, { 'X-Forwarded-For': address });
}

async function statuses(times: number, request: () => Promise<ApiAnswer>): Promise<number[]> {
  const answers: number[] = [];
  for (let n = 0; n < times; n += 1) answers.push((await request()).status);
  return answers;
}

describe('the rate limit of one node', () => {
  let node: Herald;
  let jwks: Jwks;

  beforeAll(async () => {
    jwks = await startJwks();
    node = await herald({ ...LIMITED, KEYCLOAK_JWKS_URL: jwks.url }, { prepare: countPatiently });
    await until(() => node.isHealthy());
  });
  afterAll(async () => {
    await node.stop();
    await jwks.stop();
  });

  it('refuses requests beyond it, with problem details and Retry-After', async () => {
    const token = await jwks.sign('alice');
    expect(await statuses(LIMIT, () => ask(node, token))).toEqual([200, 200, 200]);
    const { status, headers, body } = await ask(node, token);
    expect(status).toBe(429);
    expect(headers.get('content-type')).toContain('application/problem+json');
    const seconds = Number(headers.get('retry-after'));
    expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60).toBe(true);
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: `More than 3 requests within a minute; try again in ${seconds} s.`,
      instance: `/api/v1${PATH}`,
    });
  });

  it('counts a user across all routes and addresses', async () => {
    const token = await jwks.sign('walker');
    for (const path of [PATH, '/orgs', '/notifications']) {
      expect((await ask(node, token, newAddress(), path)).status).toBe(200);
    }
    expect((await ask(node, token)).status).toBe(429);
  });

  it.each(['__proto__', 'a:b', 'address:10.1.1.1'])('counts the user %s separately from all others', async (userId) => {
    const token = await jwks.sign(userId);
    expect(await statuses(LIMIT + 1, () => ask(node, token))).toEqual([200, 200, 200, 429]);
    expect((await ask(node, await jwks.sign(`${userId}x`))).status).toBe(200);
    expect((await ask(node, null, '10.1.1.1')).status).toBe(401);
  });

  it('counts an address for missing and invalid tokens, without limiting valid ones', async () => {
    const address = newAddress();
    const expired = await jwks.sign('alice', { claims: { exp: 1 } });
    expect((await ask(node, null, address)).status).toBe(401);
    expect((await ask(node, 'rubbish', address)).status).toBe(401);
    expect((await ask(node, expired, address)).status).toBe(401);
    for (const token of [null, 'rubbish', expired]) {
      const { status, headers } = await ask(node, token, address);
      expect(status).toBe(429);
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await ask(node, await jwks.sign('neighbour'), address)).status).toBe(200);
    expect((await ask(node, null)).status).toBe(401);
  });

  it('counts an IPv6 network as one address', async () => {
    const [first, second, third] = ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:0db8:0:1:0:0:0:3'];
    for (const address of [first, second, third]) expect((await ask(node, null, address)).status).toBe(401);
    expect((await ask(node, null, '2001:db8:0:1::4')).status).toBe(429);
    expect((await ask(node, null, '2001:db8:0:2::1')).status).toBe(401);
  });

  it('limits an address before forged key ids cause requests to the identity provider', async () => {
    const address = newAddress();
    await statuses(LIMIT, () => ask(node, null, address));
    const fetches = jwks.fetches;
    const forged = await jwks.sign('alice', { header: { kid: 'forged' } });
    expect((await ask(node, forged, address)).status).toBe(429);
    expect(jwks.fetches).toBe(fetches);
    expect((await ask(node, forged)).status).toBe(401);
    expect(jwks.fetches).toBe(fetches + 1);
  });

  it('counts a request with a forged key id only once', async () => {
    const address = newAddress();
    const forged = await jwks.sign('alice', { header: { kid: 'forged' } });
    expect(await statuses(LIMIT + 1, () => ask(node, forged, address))).toEqual([401, 401, 401, 429]);
  });

  it('never refuses health checks, metrics or API documents', async () => {
    const address = newAddress();
    await statuses(LIMIT + 1, () => ask(node, null, address));
    for (const path of ['/health/live', '/health/ready', '/metrics', '/docs/openapi.json', '/docs/asyncapi.json']) {
      const request = (): Promise<ApiAnswer> =>
        new ApiClient(node.url, null, '').request('GET', path, undefined, { 'X-Forwarded-For': address });
      expect(await statuses(LIMIT + 1, request)).toEqual([200, 200, 200, 200]);
    }
  });

  it('reports refusals as a metric', async () => {
    const { body } = await new ApiClient(node.url, null, '').get('/metrics');
    expect(body).toMatch(/^herald_http_requests_refused_total\{counted_by="user"\} [1-9]/m);
    expect(body).toMatch(/^herald_http_requests_refused_total\{counted_by="address"\} [1-9]/m);
  });
});

describe('the rate limit of the development issuer', () => {
  it('counts by address', async () => {
    const node = await herald(LIMITED, { prepare: countPatiently });
    const request = (): Promise<ApiAnswer> =>
      new ApiClient(node.url, null, '').post('/dev/token', { user_id: 'alice' });
    expect(await statuses(LIMIT + 1, request)).toEqual([200, 200, 200, 429]);
    await node.stop();
  });
});

describe('no rate limit', () => {
  it('accepts any number of requests', async () => {
    const node = await herald({ HTTP_RATE_LIMIT_PER_MINUTE: '0' });
    const answers = await inTurns(MORE_THAN_USUAL, 50, () => ask(node, null, '10.2.0.1'));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(answers[0]?.headers.has('x-ratelimit-limit')).toBe(false);
    await node.stop();
  });
});

describe('the rate limit of two nodes over one Redis', () => {
  let jwks: Jwks;
  let nodes: [Herald, Herald];

  beforeAll(async () => {
    jwks = await startJwks();
    nodes = await twoHeralds({ ...LIMITED, KEYCLOAK_JWKS_URL: jwks.url }, { prepare: countPatiently });
  });
  afterAll(async () => {
    await nodes[0].stop();
    await jwks.stop();
  });

  /** Exhausts a user’s limit on one node, then sends a request to the other. */
  async function askTheOther(userId: string): Promise<number> {
    const token = await jwks.sign(userId);
    expect(await statuses(LIMIT, () => ask(nodes[0], token))).toEqual([200, 200, 200]);
    return (await ask(nodes[1], token)).status;
  }

  it('is shared by both', async () => {
    expect(await askTheOther('alice')).toBe(429);
    const address = newAddress();
    await statuses(LIMIT, () => ask(nodes[0], null, address));
    expect((await ask(nodes[1], 'rubbish', address)).status).toBe(429);
  });

  // @abuse LIM-13
  it('applies to each node separately while Redis is down, without failing requests', async () => {
    await nodes[0].redis.kill();
    const token = await jwks.sign('bob');
    for (const node of nodes) {
      const create = (): Promise<ApiAnswer> => new ApiClient(node.url, token).post('/orgs', { name: 'Acme' });
      expect(await statuses(LIMIT + 1, create)).toEqual([201, 201, 201, 429]);
    }
    const { body } = await new ApiClient(nodes[0].url, null, '').get('/metrics');
    expect(body).toMatch(/^herald_http_requests_counted_locally_total [1-9]/m);
  });

  it('is shared again once Redis is back', async () => {
    await nodes[0].redis.start();
    let users = 0;
    await until(async () => (await askTheOther(`user-${(users += 1)}`)) === 429);
  });
});
