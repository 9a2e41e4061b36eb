import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Broker } from '../../src/realtime/broker/broker.js';
import { knock, TOKEN_INVALID, TOKEN_MISSING } from '../support/door.js';
import { leavesNothing } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients, connect, type ConnectOptions, upgrade } from '../support/ws-client.js';

const PATH = '/ws/notifications/';

let node: Herald;
let alice: string;
let bob: string;
const forged = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln';

beforeAll(async () => {
  node = await herald();
  [alice, bob] = await Promise.all([node.tokenFor('alice'), node.tokenFor('bob')]);
});
afterEach(closeAllClients);
afterAll(async () => {
  await leavesNothing(node);
  await node.stop();
});

const bearer = (token: string): ConnectOptions => ({ headers: { authorization: `Bearer ${token}` } });
const protocolOf = (token: string) => `access_token.${Buffer.from(token).toString('base64url')}`;

describe('the query', () => {
  // @abuse HS-01
  it('a connection without a token is closed with 4001 and never subscribes', async () => {
    const subscribe = jest.spyOn(node.app.get(Broker, { strict: false }), 'subscribe');
    expect(await knock(node, PATH)).toEqual(TOKEN_MISSING);
    expect(subscribe).not.toHaveBeenCalled();
    expect(await knock(node, `${PATH}?token=${alice}`)).toEqual({ user: 'alice' });
    expect(subscribe).toHaveBeenCalled();
    subscribe.mockRestore();
  });

  it.each<[string, () => string, unknown]>([
    // @abuse HS-02
    ['is empty', () => 'token=', TOKEN_MISSING],
    ['has no value', () => 'token', TOKEN_MISSING],
    // @abuse HS-03
    ['is blank', () => 'token=%20%20', TOKEN_INVALID],
    ['is a plus sign', () => 'token=+', TOKEN_INVALID],
    ['is a good one after a space', () => `token=%20${alice}`, TOKEN_INVALID],
    // @abuse HS-05
    ['comes twice, the good one first', () => `token=${alice}&token=${forged}`, TOKEN_INVALID],
    ['comes twice, the forged one first', () => `token=${forged}&token=${alice}`, TOKEN_INVALID],
    ['comes twice, identical', () => `token=${alice}&token=${alice}`, TOKEN_INVALID],
    ['comes twice, once empty', () => `token=&token=${alice}`, TOKEN_INVALID],
    ['comes twice, once with its name encoded', () => `token=${alice}&%74oken=${forged}`, TOKEN_INVALID],
    // @abuse HS-07
    ['is called Token', () => `Token=${alice}`, TOKEN_MISSING],
    ['is called TOKEN', () => `TOKEN=${alice}`, TOKEN_MISSING],
    ['has another name', () => `access_token=${alice}&jwt=${alice}&token[]=${alice}`, TOKEN_MISSING],
    // @abuse HS-11
    ['is encoded twice', () => `token=%2565${alice.slice(1)}`, TOKEN_INVALID],
    // @abuse HS-12
    ['ends in half an escape', () => 'token=%E0%A4%A', TOKEN_INVALID],
    ['has an invalid escape', () => 'token=%zz', TOKEN_INVALID],
    ['ends in a percent sign', () => `token=${alice}%`, TOKEN_INVALID],
    // @abuse HS-14
    ['ends in NUL', () => `token=${alice}%00`, TOKEN_INVALID],
    ['ends in a header', () => `token=${alice}%0d%0aX-Injected:1`, TOKEN_INVALID],
    ['ends in a line feed', () => `token=${alice}%0A`, TOKEN_INVALID],
    ['has its scheme as a prefix', () => `token=Bearer%20${alice}`, TOKEN_INVALID],
  ])('closes with 4001 when the token %s', async (_, query, close) => {
    expect(await knock(node, `${PATH}?${query()}`)).toEqual(close);
  });

  // @abuse HS-11
  it('a token may be percent-encoded once, and so may its name', async () => {
    const encoded = Buffer.from(alice).toString('hex').replace(/../g, '%$&');
    expect(await knock(node, `${PATH}?token=%65${alice.slice(1)}`)).toEqual({ user: 'alice' });
    expect(await knock(node, `${PATH}?%74oken=${encoded}`)).toEqual({ user: 'alice' });
  });

  // @abuse HS-14
  it('the answer repeats no part of the token', async () => {
    const { headers } = await upgrade(`${node.wsUrl}${PATH}?token=${alice}%0d%0aX-Injected:1`);
    expect(headers).not.toHaveProperty('x-injected');
    expect(JSON.stringify(headers)).not.toContain(alice);
  });

  it.each([
    ['the path of an endpoint', (token: string) => `/ws/notifications/${token}/`],
    ['a path segment of the target', (token: string) => `/ws/${token}/notifications/`],
    ['a path parameter', (token: string) => `/ws/notifications;token=${token}`],
    // @abuse HS-17
  ])('a token in %s gets a 404 that does not repeat it', async (_, target) => {
    const { status, body } = await upgrade(`${node.wsUrl}${target(alice)}`);
    expect(status).toBe(404);
    expect(body).not.toContain(alice.slice(0, 20));
  });

  // @abuse HS-17
  it('a token in place of an organization’s id is closed with 4003', async () => {
    expect(await knock(node, `/ws/events/${alice}/?token=${alice}`)).toEqual({ code: 4003, reason: 'not_a_member' });
  });
});

describe('the headers', () => {
  // @abuse HS-19
  it('a token in the Authorization header alone is accepted', async () => {
    expect(await knock(node, PATH, bearer(alice))).toEqual({ user: 'alice' });
    expect(await knock(node, PATH, { headers: { authorization: `bearer   ${alice}` } })).toEqual({ user: 'alice' });
  });

  it.each([
    ['no token', 'Bearer', TOKEN_MISSING],
    ['the token alone', '', TOKEN_MISSING],
    ['another scheme', 'Basic YWxpY2U6YWxpY2U=', TOKEN_MISSING],
    ['a longer name of the scheme', 'BearerX a.b.c', TOKEN_MISSING],
    ['a forged token', `Bearer ${forged}`, TOKEN_INVALID],
    ['a token in quotes', 'Bearer "a.b.c"', TOKEN_INVALID],
    // @abuse HS-19
  ])('an Authorization header with %s closes with 4001', async (_, authorization, close) => {
    expect(await knock(node, PATH, { headers: { authorization: authorization || alice } })).toEqual(close);
  });

  // @abuse HS-20
  it('the header decides if header and query disagree', async () => {
    expect(await knock(node, `${PATH}?token=${bob}`, bearer(alice))).toEqual({ user: 'alice' });
    expect(await knock(node, `${PATH}?token=${alice}`, bearer(bob))).toEqual({ user: 'bob' });
    expect(await knock(node, `${PATH}?token=${alice}`, bearer(forged))).toEqual(TOKEN_INVALID);
    expect(await knock(node, `${PATH}?token=${forged}`, bearer(alice))).toEqual({ user: 'alice' });
  });

  // @abuse HS-20
  it.each(['', ' ', 'Bearer', 'Bearer '])('the empty header %j decides too', async (authorization) => {
    expect(await knock(node, `${PATH}?token=${alice}`, { headers: { authorization } })).toEqual(TOKEN_MISSING);
  });

  // @abuse HS-20
  it('the query decides if the header has another scheme', async () => {
    const headers = { authorization: 'Basic YWxpY2U6YWxpY2U=' };
    expect(await knock(node, `${PATH}?token=${alice}`, { headers })).toEqual({ user: 'alice' });
  });

  it.each([
    ['two users', () => [`Bearer ${alice}`, `Bearer ${bob}`]],
    ['the same user', () => [`Bearer ${alice}`, `Bearer ${alice}`]],
    ['another scheme too', () => ['Basic YTpi', `Bearer ${alice}`]],
    // @abuse HS-20
  ])('two Authorization headers, of %s, are refused over WebSocket and HTTP', async (_, lines) => {
    const [first, second] = lines();
    const socket = await RawClient.open(Number(new URL(node.url).port));
    socket.sendUpgrade({ target: PATH, headers: { Authorization: first ?? '', authorization: second ?? '' } });
    await socket.until('token_invalid');
    socket.destroy();
    const plain = await RawClient.open(Number(new URL(node.url).port));
    plain.send(`GET /api/v1/orgs HTTP/1.1\r\nHost: x\r\nAuthorization: ${first}\r\nAuthorization: ${second}\r\n\r\n`);
    expect((await plain.answer()).status).toBe(401);
    plain.destroy();
  });

  // @abuse HS-21
  it('cookies are not credentials, whatever their names', async () => {
    const names = ['access_token', 'token', 'KEYCLOAK_IDENTITY', 'Authorization', 'jwt', 'ticket'];
    const headers = { cookie: names.map((name) => `${name}=${alice}`).join('; ') };
    expect(await knock(node, PATH, { headers })).toEqual(TOKEN_MISSING);
    expect((await fetch(`${node.url}/api/v1/orgs`, { headers })).status).toBe(401);
  });

  // @abuse HS-22
  it('only the subprotocol access_token.… is read as a token, and none with a token is selected', async () => {
    for (const protocols of [['app.v1', `bearer.${alice}`], [`bearer.${alice}`], ['herald.v1', alice]]) {
      const { protocol } = await selected(protocols);
      expect(protocol ?? 'none').not.toContain(alice.slice(0, 20));
    }
    const options = { protocols: ['herald.v1', protocolOf(alice)] };
    expect(await knock(node, PATH, options)).toEqual({ user: 'alice' });
    expect((await selected(options.protocols)).protocol).toBe('herald.v1');
  });

  it.each([
    ['is not encoded', () => ['herald.v1', `access_token.${alice}`]],
    ['is empty', () => ['herald.v1', 'access_token.']],
    ['comes twice', () => ['herald.v1', protocolOf(alice), protocolOf(bob)]],
    ['has its prefix in capitals', () => ['herald.v1', protocolOf(alice).replace('access', 'ACCESS')]],
    // @abuse HS-22
  ])('closes with 4001 when the token in the subprotocol %s', async (_, protocols) => {
    expect(await knock(node, PATH, { protocols: protocols() })).toMatchObject({ code: 4001 });
  });

  // @abuse HS-21, HS-22
  it('other headers are not credentials', async () => {
    const headers = { 'x-access-token': alice, 'proxy-authorization': `Bearer ${alice}`, 'x-auth-token': alice };
    expect(await knock(node, PATH, { headers })).toEqual(TOKEN_MISSING);
  });

  /** The subprotocol that the server selects. */
  async function selected(protocols: string[]): Promise<{ protocol: string | undefined }> {
    const { status, headers } = await upgrade(`${node.wsUrl}${PATH}`, { protocols }).catch(() => NOTHING_SELECTED);
    expect(status).toBe(101);
    return { protocol: headers['sec-websocket-protocol'] };
  }
});

/** Stands for the error that ws, like browsers, raises if the server selects none of the offered protocols. */
const NOTHING_SELECTED = { status: 101, headers: {} as Record<string, string> };

describe('messages', () => {
  // @abuse HS-24
  it('a token in the first message comes too late: the connection is already closed', async () => {
    const client = await RawClient.open(Number(new URL(node.url).port));
    client.sendUpgrade({ target: PATH });
    client.sendFrame(1, JSON.stringify({ type: 'auth', token: alice }));
    await client.until('token_missing');
    expect(client.bytes.toString('latin1')).not.toMatch(/connection\.established|auth\.refreshed/);
    client.destroy();
  });

  // @abuse HS-24
  it('a good token in a message does not make up for a bad one', async () => {
    const client = await connect(`${node.wsUrl}${PATH}?token=${forged}`);
    client.send({ type: 'auth', token: alice });
    expect(await client.closed()).toEqual(TOKEN_INVALID);
    expect(client.received).toEqual([]);
  });
});

describe('HTTP', () => {
  // @abuse HS-19
  it('takes a token only from the Authorization header', async () => {
    expect((await fetch(`${node.url}/api/v1/orgs?token=${alice}&access_token=${alice}`)).status).toBe(401);
    expect((await fetch(`${node.url}/api/v1/orgs`, bearer(alice))).status).toBe(200);
  });
});

// @abuse HS-12
it('hundreds of refusals leave no connection behind', async () => {
  const queries = ['token=%E0%A4%A', 'token=%zz', 'token=', '', `token=${forged}`];
  const verdicts = await Promise.all(
    Array.from({ length: 200 }, (_, index) => knock(node, `${PATH}?${queries[index % queries.length]}`)),
  );
  expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(2);
  await until(() => node.isHealthy());
  await leavesNothing(node);
});
