import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decided, decisionOn } from '../support/decision.js';
import { leavesNothing, refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient, type RawUpgrade } from '../support/raw-client.js';
import { closeAllClients, upgrade } from '../support/ws-client.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const TARGET = '/ws/notifications/';

let node: Herald;
let port: number;
let token: string;

beforeAll(async () => {
  node = await herald({ WS_MAX_CONNECTIONS_PER_USER: '0' });
  port = Number(new URL(node.url).port);
  token = await node.tokenFor('alice');
});
afterEach(closeAllClients);
afterAll(async () => {
  try {
    await leavesNothing(node);
  } finally {
    await node.stop();
  }
});

function good(): string {
  return `${TARGET}?token=${token}`;
}

async function ask(request: RawUpgrade): Promise<string> {
  return decisionOn(await RawClient.open(port), { target: good(), ...request });
}

/** Sends a good upgrade with these header lines, which a map of headers can't express. */
async function askWithLines(...lines: string[]): Promise<string> {
  const client = await RawClient.open(port);
  const names = lines.map((line) => line.split(':')[0]?.toLowerCase());
  const usual = [
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
  ].filter((line) => !names.includes(line.split(':')[0]?.toLowerCase()));
  client.send(`GET ${good()} HTTP/1.1\r\n${[...usual, ...lines].join('\r\n')}\r\n\r\n`);
  const decision = await decided(client);
  client.destroy();
  return decision;
}

describe('an upgrade request that is not a valid handshake', () => {
  it.each<[string, RawUpgrade, string, string]>([
    // @abuse UPG-03
    ['another protocol beside websocket', { headers: { Upgrade: 'websocket, h2c' } }, '400', 'protocol'],
    ['websocket with a version', { headers: { Upgrade: 'websocket/13, websocket' } }, '400', 'protocol'],
    // @abuse UPG-06
    ['version 12', { headers: { 'Sec-WebSocket-Version': '12' } }, '426', 'version'],
    ['version 8', { headers: { 'Sec-WebSocket-Version': '8' } }, '426', 'version'],
    ['version 0', { headers: { 'Sec-WebSocket-Version': '0' } }, '426', 'version'],
    ['version 14', { headers: { 'Sec-WebSocket-Version': '14' } }, '426', 'version'],
    ['version 013', { headers: { 'Sec-WebSocket-Version': '013' } }, '426', 'version'],
    ['a version that is text', { headers: { 'Sec-WebSocket-Version': 'thirteen' } }, '426', 'version'],
    ['an empty version', { headers: { 'Sec-WebSocket-Version': '' } }, '426', 'version'],
    ['no version', { headers: { 'Sec-WebSocket-Version': null } }, '426', 'version'],
    // @abuse UPG-07
    ['no key', { headers: { 'Sec-WebSocket-Key': null } }, '400', 'key'],
    ['an empty key', { headers: { 'Sec-WebSocket-Key': '' } }, '400', 'key'],
    ['the key abc', { headers: { 'Sec-WebSocket-Key': 'abc' } }, '400', 'key'],
    ['a key of 23 characters', { headers: { 'Sec-WebSocket-Key': KEY.slice(1) } }, '400', 'key'],
    ['a key of 25 characters', { headers: { 'Sec-WebSocket-Key': `a${KEY}` } }, '400', 'key'],
    ['a key that is not base64', { headers: { 'Sec-WebSocket-Key': `${'!'.repeat(22)}==` } }, '400', 'key'],
    ['a key of base64url', { headers: { 'Sec-WebSocket-Key': `${'_'.repeat(22)}==` } }, '400', 'key'],
    ['two keys', { headers: { 'Sec-WebSocket-Key': KEY, 'sec-websocket-key': KEY } }, '400', 'key'],
    // @abuse UPG-08
    ['POST', { method: 'POST' }, '400', 'method'],
    ['PUT', { method: 'PUT' }, '400', 'method'],
    ['HEAD', { method: 'HEAD' }, '400', 'method'],
    ['OPTIONS', { method: 'OPTIONS' }, '400', 'method'],
    ['DELETE', { method: 'DELETE' }, '400', 'method'],
    ['TRACE', { method: 'TRACE' }, '400', 'method'],
    ['a lower-case method', { method: 'get' }, '400', 'unreadable'],
    // @abuse UPG-09
    ['HTTP/1.0', { version: 'HTTP/1.0' }, '426', 'http_version'],
    ['HTTP/2.0', { version: 'HTTP/2.0' }, '426', 'http_version'],
    ['HTTP/1.2', { version: 'HTTP/1.2' }, '400', 'unreadable'],
    // @abuse UPG-10
    ['a body', { headers: { 'Content-Length': '5' }, body: 'hello' }, '400', 'body'],
    ['a chunked body', { headers: { 'Transfer-Encoding': 'chunked' }, body: '5\r\nhello\r\n0\r\n\r\n' }, '400', 'body'],
    ['an empty chunked body', { headers: { 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\n' }, '400', 'body'],
    ['a body of another coding', { headers: { 'Transfer-Encoding': 'gzip, chunked' } }, '400', 'body'],
    ['an invalid length', { headers: { 'Content-Length': '+5' }, body: 'hello' }, '400', 'unreadable'],
    [
      'two forms of length',
      { headers: { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\n' },
      '400',
      'unreadable',
    ],
    // @abuse UPG-17
    ['an empty subprotocol', { headers: { 'Sec-WebSocket-Protocol': 'a,,b' } }, '400', 'subprotocol'],
    ['no subprotocol at all', { headers: { 'Sec-WebSocket-Protocol': '' } }, '400', 'subprotocol'],
    ['a comma at the end', { headers: { 'Sec-WebSocket-Protocol': 'a,' } }, '400', 'subprotocol'],
    ['a subprotocol twice', { headers: { 'Sec-WebSocket-Protocol': 'a, b, a' } }, '400', 'subprotocol'],
    ['a subprotocol with a space', { headers: { 'Sec-WebSocket-Protocol': 'a b' } }, '400', 'subprotocol'],
    ['a quoted subprotocol', { headers: { 'Sec-WebSocket-Protocol': '"a"' } }, '400', 'subprotocol'],
    ['a no-break space', { headers: { 'Sec-WebSocket-Protocol': '\u00a0a' } }, '400', 'subprotocol'],
    ['a control character', { headers: { 'Sec-WebSocket-Protocol': 'a\u0001b' } }, '400', 'unreadable'],
  ])('with %s gets a full HTTP refusal, and is counted', async (_, request, status, reason) => {
    const before = await refused(node, reason);
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: good(), ...request });
    await client.ended();
    const answer = await client.answer();
    expect(String(answer.status)).toBe(status);
    expect(answer.headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    if (status === '426') expect(answer.headers.upgrade).toBe('websocket');
    if (reason === 'version') expect(answer.headers['sec-websocket-version']).toBe('13');
    const isHead = request.method === 'HEAD';
    expect(answer.rest).toHaveLength(isHead ? 0 : Number(answer.headers['content-length']));
    expect(await refused(node, reason)).toBe(before + 1);
  });

  // @abuse UPG-08
  it('gets a 426 if it has no Upgrade header at all', async () => {
    const before = await refused(node, 'upgrade_required');
    const response = await fetch(`${node.url}${TARGET}`, { method: 'POST' });
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
    expect(await refused(node, 'upgrade_required')).toBe(before + 1);
  });

  // @abuse UPG-10
  it('whose body looks like a frame gets no answer to that frame', async () => {
    const ping = Buffer.from('8180000000', 'hex');
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: good(), headers: { 'Content-Length': String(ping.length) } });
    client.send(ping);
    client.sendFrame(1, '{"type":"ping","timestamp":"smuggled"}');
    await client.ended();
    expect(client.bytes.toString()).not.toContain('smuggled');
    expect(client.bytes.toString().match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it.each([
    ['400', 'Upgrade: websocket', 'Upgrade: websocket'],
    ['400', 'Upgrade: websocket', 'Upgrade: h2c'],
    ['welcome', 'Connection: Upgrade', 'Connection: Upgrade'],
    ['welcome', 'Connection: keep-alive', 'Connection: upgrade'],
    ['welcome', 'Connection: keep-alive, UPGRADE', 'X-Other: 1'],
    ['426', 'Connection: keep-alive', 'X-Other: 1'],
    ['426', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 13'],
    ['426', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 8'],
    ['400', `Sec-WebSocket-Key: ${KEY}`, `Sec-WebSocket-Key: ${KEY}`],
    ['400', 'Host: localhost', 'Host: localhost'],
    ['400', 'Content-Length: 0', 'Content-Length: 5'],
    ['welcome', 'Content-Length: 0', 'X-Other: 1'],
    ['400', 'Sec-WebSocket-Protocol: herald.v1', 'Sec-WebSocket-Protocol: herald.v1'],
    ['welcome', 'Sec-WebSocket-Protocol: herald.v1', 'Sec-WebSocket-Protocol: other'],
    ['4001 token_invalid', 'Authorization: Bearer x', 'Authorization: Bearer x'],
    // @abuse UPG-14
  ])('gets one decision, %s, with %s and %s', async (decision, first, second) => {
    expect(await askWithLines(first, second)).toBe(decision);
  });

  it.each(['a : b', ' folded: a', 'a\r\n b: c', 'a\0: b', ': b'])(
    // @abuse UPG-14
    'with the malformed header %j is refused with 400',
    async (line) => {
      expect(await askWithLines(line)).toBe('400');
    },
  );
});

describe('a WebSocket handshake', () => {
  // @abuse UPG-03
  it.each(['WebSocket', 'WEBSOCKET'])('may write the protocol as %s', async (protocol) => {
    expect(await ask({ headers: { Upgrade: protocol } })).toBe('welcome');
  });

  // @abuse UPG-16
  it('with as many spaces in Sec-WebSocket-Protocol as fit is decided at once', async () => {
    for (const value of ['b' + ' '.repeat(14_000) + 'x', ' '.repeat(14_000) + 'b', `${'b ,'.repeat(4_500)}b`]) {
      // Quadratic matching would take seconds for each of these, and the client waits five in all.
      const asked = Array.from({ length: 10 }, () =>
        ask({ target: TARGET, headers: { 'Sec-WebSocket-Protocol': value } }),
      );
      const decisions = await Promise.all(asked);
      expect(new Set(decisions)).toEqual(new Set([value.startsWith(' ') ? '4001 token_missing' : '400']));
    }
  });

  it.each([
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; server_no_context_takeover, x-webkit-deflate-frame',
    'permessage-deflate; server_max_window_bits=99',
    ';;;',
    // @abuse UPG-18
  ])('that offers %s gets no extension', async (extensions) => {
    const headers = { 'sec-websocket-extensions': extensions };
    const answer = await upgrade(`${node.wsUrl}${good()}`, { headers });
    expect([answer.status, answer.headers['sec-websocket-extensions']]).toEqual([101, undefined]);
  });

  // @abuse UPG-25
  it('that is closed with 4001 is cut off if the peer ignores the close', async () => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: TARGET });
    expect(await decided(client)).toBe('4001 token_missing');
    // The client sends nothing back, and waits five seconds at most for the end.
    await client.ended();
  });

  // @abuse UPG-25
  it('that is refused over HTTP is cut off if the peer does not close', async () => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/ws/unknown/' });
    client.send(Buffer.alloc(1_000_000));
    await client.ended();
  });
});
