import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decided } from '../support/decision.js';
import { leavesNothing, refused } from '../support/metrics.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

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

/** Sends a line every so often, for as long as the connection lasts. */
function dribble(client: RawClient, line: string): () => void {
  const timer = setInterval(() => client.send(line), 50);
  return () => clearInterval(timer);
}

describe('the HTTP server', () => {
  it('bounds heads, requests, headers and the time between them', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = node.app.getHttpServer();
    expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
    });
  });

  // @abuse UPG-33
  it('takes some more connections than WebSockets, to tell them that it is full', async () => {
    const limited = await herald({ WS_MAX_CONNECTIONS: '10' });
    const limitedPort = Number(new URL(limited.url).port);
    const silent = Array.from({ length: 10 + 1_024 }, () => connect(limitedPort, '127.0.0.1'));
    try {
      await Promise.all(silent.map((socket) => once(socket, 'connect')));
      // A client is connected before the server has taken it, and not in the same order.
      const server = limited.app.getHttpServer();
      const connections = promisify(server.getConnections.bind(server));
      await until(async () => (await connections()) === silent.length);
      const tooMany = await RawClient.open(limitedPort);
      await tooMany.ended();
      expect(tooMany.bytes).toHaveLength(0);
      silent[0]?.destroy();
      await until(async () => {
        const next = await RawClient.open(limitedPort);
        next.send('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        await next.ended();
        return next.bytes.toString('latin1').startsWith('HTTP/1.1 200');
      });
      for (const socket of silent) socket.destroy();
      expect(await refused(limited, 'full')).toBeGreaterThanOrEqual(1);
    } finally {
      for (const socket of silent) socket.destroy();
      await limited.stop();
    }
  });

  it('ends requests whose heads or bodies never come to an end, and serves others meanwhile', async () => {
    const server = node.app.getHttpServer();
    const usual = { headersTimeout: server.headersTimeout, requestTimeout: server.requestTimeout };
    // As in production, only sooner.
    Object.assign(server, { headersTimeout: 300, requestTimeout: 600 });
    const before = await refused(node, 'too_slow');
    const open = () => RawClient.open(port);
    const [upgrade, plain, slowBody, silent] = await Promise.all([open(), open(), open(), open()]);
    try {
      upgrade.send('GET /ws/notifications/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n');
      plain.send('GET /health/live HTTP/1.1\r\n');
      slowBody.send('POST /dev/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
      slowBody.send('Content-Length: 1000\r\n\r\n{');
      const stops = [dribble(upgrade, 'X-A: b\r\n'), dribble(slowBody, ' ')];
      expect((await fetch(`${node.url}/health/live`)).status).toBe(200);
      await Promise.all([upgrade, plain, slowBody, silent].map((client) => client.ended()));
      for (const stop of stops) stop();
      for (const client of [upgrade, plain, slowBody]) expect((await client.answer()).status).toBe(408);
      // It has said nothing, so it is told nothing.
      expect(silent.bytes).toHaveLength(0);
      expect(await refused(node, 'too_slow')).toBe(before + 3);
    } finally {
      Object.assign(server, usual);
    }
  });

  it('answers headers that are too large with 431, counted', async () => {
    for (const header of ['X-Large', 'Authorization', 'Sec-WebSocket-Protocol']) {
      const before = await refused(node, 'headers_too_large');
      const client = await RawClient.open(port);
      client.sendUpgrade({ target: '/ws/notifications/', headers: { [header]: 'x'.repeat(33_000) } });
      await client.ended();
      expect((await client.answer()).status).toBe(431);
      expect(await refused(node, 'headers_too_large')).toBe(before + 1);
    }
  });

  it.each([
    ['a target without an end', (client: RawClient) => client.send(`GET /${'x'.repeat(2_000_000)}`)],
    ['headers without an end', (client: RawClient) => client.send(`GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(300_000)}`)],
  ])('ends a connection with %s', async (_, send) => {
    const client = await RawClient.open(port);
    send(client);
    await client.ended();
  });

  it('takes headers just below the limit', async () => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/ws/notifications/', headers: { 'X-Large': 'x'.repeat(32_000) } });
    expect(await decided(client)).toBe('4001 token_missing');
    client.destroy();
  });
});
