import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { leavesNothing, refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient } from '../support/raw-client.js';

let node: Herald;
let port: number;

beforeAll(async () => {
  node = await herald();
  port = Number(new URL(node.url).port);
});
afterAll(async () => {
  try {
    await leavesNothing(node);
  } finally {
    await node.stop();
  }
});

function head(requestLine: string, ...lines: string[]): string {
  return [`${requestLine} HTTP/1.1`, 'Host: localhost', ...lines, '', ''].join('\r\n');
}

function upgradeHead(token: string): string {
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', key];
  return head('GET /ws/notifications/', ...lines, `Authorization: Bearer ${token}`);
}

describe('a request that merely carries an Upgrade header', () => {
  it.each(['h2c', 'foo', 'TLS/1.0', 'h2c, foo', 'websocket2', 'IRC/6.9'])(
    // @abuse UPG-02
    'to %s is served as a plain request, with its body, and the connection stays open',
    async (protocol) => {
      const client = await RawClient.open(port);
      const body = JSON.stringify({ user_id: 'carol' });
      const upgradeLines = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABk'];
      const bodyLines = ['Content-Type: application/json', `Content-Length: ${body.length}`];
      client.send(head('POST /dev/token', ...upgradeLines, ...bodyLines) + body);
      expect(Math.floor((await client.answer()).status / 100)).toBe(2);
      await client.until('access_token');
      client.send(head('GET /health/live', 'Connection: close'));
      await client.ended();
      expect(client.bytes.toString()).toMatch(/access_token[^]*HTTP\/1\.1 200 OK/);
    },
  );

  // @abuse UPG-02
  it('may come in pieces, chunked, and with another request right after it', async () => {
    const client = await RawClient.open(port);
    const lines = ['Connection: Upgrade', 'Upgrade: h2c', 'Content-Type: application/json'];
    const request = head('POST /dev/token', ...lines, 'Transfer-Encoding: chunked');
    client.send(request.slice(0, 40));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(request.slice(40) + '10\r\n{"user_id":"dora');
    await new Promise((resolve) => setImmediate(resolve));
    client.send('\r\n2\r\n"}\r\n0\r\n\r\n' + head('GET /health/live', 'Connection: close'));
    await client.ended();
    expect(client.bytes.toString()).toMatch(/access_token[^]*HTTP\/1\.1 200 OK/);
  });

  // @abuse UPG-03
  it('to another protocol on a socket’s path is answered with 426', async () => {
    const client = await RawClient.open(port);
    client.send(head('GET /ws/notifications/', 'Connection: Upgrade', 'Upgrade: foo'));
    const { status, headers } = await client.answer();
    expect([status, headers.upgrade]).toEqual([426, 'websocket']);
    client.destroy();
  });
});

describe('an upgrade behind other requests on the same connection', () => {
  // @abuse UPG-10
  it('is answered after them', async () => {
    const client = await RawClient.open(port);
    const token = await node.tokenFor('alice');
    client.send(head('GET /health/ready') + head('GET /metrics') + upgradeHead(token));
    client.sendFrame(1, '{"type":"ping","timestamp":"last"}');
    await client.until('"timestamp":"last"');
    const answers = client.bytes.toString('latin1').match(/HTTP\/1\.1 \d+|connection\.established|"type":"pong"/g);
    expect(answers).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 101',
      'connection.established',
      '"type":"pong"',
    ]);
    client.destroy();
  });

  // @abuse UPG-10
  it('to h2c is answered after them too', async () => {
    const client = await RawClient.open(port);
    const h2c = head('GET /health/live', 'Connection: Upgrade', 'Upgrade: h2c');
    client.send(head('GET /health/ready') + h2c + head('GET /nowhere', 'Connection: close'));
    await client.ended();
    expect(client.bytes.toString('latin1').match(/HTTP\/1\.1 \d+|"dependencies"/g)).toEqual([
      'HTTP/1.1 200',
      '"dependencies"',
      'HTTP/1.1 200',
      'HTTP/1.1 404',
    ]);
  });

  // @abuse UPG-10
  it('is ignored if one of them closes the connection, and that one is answered', async () => {
    const client = await RawClient.open(port);
    client.send(head('GET /health/ready', 'Connection: close') + upgradeHead('x'));
    await client.ended();
    expect(client.bytes.toString('latin1').match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  // @abuse UPG-22
  it('leaves nothing behind if the peer resets the connection', async () => {
    for (let round = 0; round < 20; round += 1) {
      const client = await RawClient.open(port);
      client.send(head('GET /health/ready') + upgradeHead('x'));
      if (round % 2 === 1) await client.answer();
      client.reset();
    }
    await leavesNothing(node);
  });
});

describe('answers to plain requests', () => {
  // @abuse UPG-30
  it('tell browsers to use only TLS', async () => {
    const response = await fetch(`${node.url}/health/live`);
    expect(response.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
  });
});

describe('a request that can’t be parsed', () => {
  // @abuse UPG-10
  it('does not prevent the answer to the request before it', async () => {
    const before = await refused(node, 'unreadable');
    const client = await RawClient.open(port);
    client.send(`${head('GET /health/ready')}nonsense\r\n\r\n`);
    for (let chunk = 0; chunk < 20; chunk += 1) client.send('more nonsense\r\n');
    await client.ended();
    expect(client.bytes.toString('latin1').match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(await refused(node, 'unreadable')).toBe(before + 1);
  });

  // @abuse UPG-10
  it('because of its body is answered once', async () => {
    const client = await RawClient.open(port);
    const lines = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
    client.send(`${head('POST /dev/token', ...lines)}5\r\n{"use\r\nnonsense\r\n`);
    await client.ended();
    expect(client.bytes.toString('latin1').match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  });
});
