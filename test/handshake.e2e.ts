import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type HeraldNode, startNode } from './support/node.js';
import { RawClient } from './support/raw-client.js';
import { closeAllClients, connect, type ConnectOptions, upgrade, upgradeStatus } from './support/ws-client.js';

const TOKEN_MISSING = { code: 4001, reason: 'token_missing' };
const TOKEN_INVALID = { code: 4001, reason: 'token_invalid' };
const NOT_A_MEMBER = { code: 4003, reason: 'not_a_member' };

let node: HeraldNode;
let port: number;
let alice: string;
let bob: string;
let orgId: string;

beforeAll(async () => {
  node = await startNode({ ALLOWED_ORIGINS: 'https://app.example.com,http://localhost:3000,*.wild.example' });
  port = Number(new URL(node.url).port);
  [alice, bob] = await Promise.all([node.tokenFor('alice'), node.tokenFor('bob')]);
  const created = await (await node.api('alice')).post('/orgs', { name: 'Acme' });
  orgId = (created.body as { id: string }).id;
});
afterAll(() => node.stop());
afterEach(closeAllClients);

function protocolOf(token: string): string {
  return `access_token.${Buffer.from(token).toString('base64url')}`;
}

async function closeOf(path: string, options: ConnectOptions = {}): Promise<unknown> {
  const client = await connect(`${node.wsUrl}${path}`, options);
  const close = await client.closed();
  expect(client.received).toEqual([]);
  return close;
}

async function welcomeOf(path: string, options: ConnectOptions = {}): Promise<Record<string, unknown>> {
  return (await connect(`${node.wsUrl}${path}`, options)).next();
}

describe('the notifications endpoint', () => {
  it.each(['/ws/notifications/', '/ws/notifications'])('welcomes a user at %s', async (path) => {
    const welcome = await welcomeOf(`${path}?token=${alice}`);
    expect(welcome).toEqual({
      type: 'connection.established',
      message: 'Connected to notifications',
      user_id: 'alice',
      connection_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      heartbeat_interval: 25,
      cursor: expect.any(String),
    });
  });

  it('says that nothing can be resumed when the client asks for it', async () => {
    const welcome = await welcomeOf(`/ws/notifications/?token=${alice}&cursor=unknown`);
    expect(welcome).toMatchObject({ resumed: false });
  });
});

describe('the events endpoint', () => {
  it('welcomes a member, with the organization in capitals too', async () => {
    for (const id of [orgId, orgId.toUpperCase()]) {
      expect(await welcomeOf(`/ws/events/${id}/?token=${alice}`)).toMatchObject({
        type: 'connection.established',
        message: 'Connected to organization events',
        org_id: orgId,
        user_id: 'alice',
      });
    }
  });

  it.each([
    ['a foreign organization', () => orgId],
    ['an unknown one', () => randomUUID()],
    ['the nil UUID', () => '00000000-0000-0000-0000-000000000000'],
    ['one that is no UUID', () => 'acme'],
    ['one that is SQL', () => `1'%20OR%20'1'='1`],
    ['one with channel syntax', () => `${orgId}:user:1`],
  ])('closes with the same 4003 for %s', async (_, id) => {
    expect(await closeOf(`/ws/events/${id()}/?token=${bob}`)).toEqual(NOT_A_MEMBER);
  });

  it('asks who it is before what it may', async () => {
    expect(await closeOf(`/ws/events/${randomUUID()}/?token=x`)).toEqual(TOKEN_INVALID);
  });
});

describe('credentials', () => {
  it('are taken from the subprotocol, and never echoed beside herald.v1', async () => {
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { protocols: ['herald.v1', protocolOf(alice)] });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
    expect(client.protocol).toBe('herald.v1');
  });

  it('are echoed when they were the only protocol, because browsers want one selected', async () => {
    const client = await connect(`${node.wsUrl}/ws/notifications/`, { protocols: [protocolOf(alice)] });
    expect(await client.next()).toMatchObject({ user_id: 'alice' });
    expect(client.protocol).toBe(protocolOf(alice));
  });

  it('are taken from the Authorization header', async () => {
    expect(await welcomeOf('/ws/notifications/', { token: alice })).toMatchObject({ user_id: 'alice' });
  });

  it('of the highest rank decide', async () => {
    const options = { protocols: ['herald.v1', protocolOf(alice)], token: bob };
    expect(await welcomeOf(`/ws/notifications/?token=${bob}`, options)).toMatchObject({ user_id: 'alice' });
    expect(await welcomeOf(`/ws/notifications/?token=x`, { token: bob })).toMatchObject({ user_id: 'bob' });
  });

  it('of the highest rank decide also when they are bad', async () => {
    const protocols = ['herald.v1', protocolOf('bad')];
    expect(await closeOf(`/ws/notifications/?token=${alice}`, { protocols })).toEqual(TOKEN_INVALID);
    expect(await closeOf(`/ws/notifications/?token=${alice}`, { token: 'bad' })).toEqual(TOKEN_INVALID);
    expect(await closeOf(`/ws/notifications/?ticket=bad&token=${alice}`)).toEqual({
      code: 4001,
      reason: 'ticket_invalid',
    });
    expect(await closeOf(`/ws/notifications/?token=${alice}`, { headers: { authorization: 'Bearer' } })).toEqual(
      TOKEN_MISSING,
    );
  });
});

describe('the upgrade', () => {
  it.each([
    '/ws/',
    '/ws/unknown/',
    '/',
    '/socket.io/',
    '/WS/notifications/',
    '//ws/notifications/',
    '//evil.example/ws/notifications/',
    'http://other.example/ws/notifications/',
    '/x/../ws/notifications/',
    '/ws/%2E%2E/ws/notifications/',
    '/ws/notifications/token/',
    '/ws/events/',
    '/ws/events/a%2fb/',
    '/api/v1/orgs',
  ])('of %s is answered with 404', async (target) => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target });
    const answer = await client.answer();
    expect(answer.status).toBe(404);
    expect(answer.headers).toMatchObject({
      connection: 'close',
      'content-type': expect.stringContaining('application/problem+json'),
    });
    await client.ended();
  });

  it.each<[string, Parameters<RawClient['sendUpgrade']>[0], number[]]>([
    ['another method', { method: 'POST' }, [400]],
    ['HTTP/1.0', { version: 'HTTP/1.0' }, [400, 426]],
    ['no Host', { headers: { Host: null } }, [400]],
    ['two protocols', { headers: { Upgrade: 'websocket, h2c' } }, [400]],
    ['no key', { headers: { 'Sec-WebSocket-Key': null } }, [400]],
    ['a bad key', { headers: { 'Sec-WebSocket-Key': 'abc' } }, [400]],
    ['an old version', { headers: { 'Sec-WebSocket-Version': '7' } }, [400, 426]],
    ['no version', { headers: { 'Sec-WebSocket-Version': null } }, [400, 426]],
    ['a body', { headers: { 'Content-Length': '5' }, body: 'hello' }, [400]],
    ['a chunked body', { headers: { 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\n' }, [400]],
    ['a bad subprotocol', { headers: { 'Sec-WebSocket-Protocol': 'a,,b' } }, [400]],
  ])('with %s is refused over HTTP', async (_, request, statuses) => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/ws/notifications/', ...request });
    expect(statuses).toContain((await client.answer()).status);
    await client.ended();
  });

  it('of a plain request to a socket path is asked for with 426', async () => {
    const response = await fetch(`${node.url}/ws/notifications/`);
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
  });

  it('does not negotiate compression', async () => {
    const { headers } = await upgrade(`${node.wsUrl}/ws/notifications/?token=${alice}`);
    expect(headers['sec-websocket-extensions']).toBeUndefined();
  });

  it.each(['h2c', 'foo', 'TLS/1.0'])('to %s leaves a request a plain one, body and all', async (protocol) => {
    const client = await RawClient.open(port);
    const body = JSON.stringify({ user_id: 'carol' });
    const head = [
      'POST /dev/token HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade, HTTP2-Settings',
      `Upgrade: ${protocol}`,
    ];
    const headers = [
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    client.send(`${[...head, ...headers].join('\r\n')}\r\n\r\n${body}`);
    expect(Math.floor((await client.answer()).status / 100)).toBe(2);
    await client.until('access_token');
    client.send('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await client.ended();
    expect(client.bytes.toString()).toMatch(/access_token[^]*HTTP\/1\.1 200 OK/);
  });
});

describe('the origin', () => {
  it.each([
    'https://app.example.com',
    'HTTPS://APP.EXAMPLE.COM',
    'https://app.example.com:443',
    'http://localhost:3000',
    'https://a.b.wild.example',
  ])('%s is allowed', async (origin) => {
    expect(await upgradeStatus(`${node.wsUrl}/ws/notifications/`, { headers: { origin } })).toBe(101);
  });

  it('may be missing, as no browser leaves it out', async () => {
    expect(await upgradeStatus(`${node.wsUrl}/ws/notifications/`)).toBe(101);
  });

  it.each([
    'null',
    '',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://evilapp.example.com',
    'https://app.example.com.evil.io',
    'https://appXexample.com',
    'https://wild.example',
    'https://app.example.com, https://evil.example',
    'chrome-extension://abc',
    'file://',
  ])('%p is refused with 403', async (origin) => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/ws/notifications/', headers: { Origin: origin } });
    expect((await client.answer()).status).toBe(403);
  });

  it('given twice is refused with 403', async () => {
    const client = await RawClient.open(port);
    const good = 'https://app.example.com';
    client.sendUpgrade({ target: '/ws/notifications/', headers: { Origin: good, origin: good } });
    expect((await client.answer()).status).toBe(403);
  });
});
