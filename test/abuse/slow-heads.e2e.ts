import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decided } from '../support/decision.js';
import { type Herald, herald } from '../support/herald.js';
import { inTurns } from '../support/in-turns.js';
import { leavesNothing, refused } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../../src/realtime/testing/until.js';

const FOREVER = { requestHeadMs: 600_000, requestMs: 600_000 };

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

/** Sends the line again and again, until stopped. */
function dribble(client: RawClient, line: string): () => void {
  const timer = setInterval(() => client.send(line), 50);
  return () => clearInterval(timer);
}

describe('the HTTP server', () => {
  it('limits the time for heads, for requests and between them', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = node.app.getHttpServer();
    expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
    });
  });

  // @abuse UPG-33
  it('takes some more connections than WebSockets, so that it can answer that it is full', async () => {
    // No silent connection is cut off before all of them are open.
    const limited = await node.another({ WS_MAX_CONNECTIONS: '10' }, { timings: FOREVER });
    const limitedPort = Number(new URL(limited.url).port);
    // Fewer at once than the kernel's accept backlog.
    const silent = await inTurns(10 + 1_024, 100, () => RawClient.open(limitedPort));
    // A client counts as connected before the server accepts it, in any order.
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
    for (const client of silent) client.destroy();
    await until(async () => (await connections()) === 0);
    expect(await refused(limited, 'full')).toBeGreaterThanOrEqual(1);
    await limited.stop();
  });

  it('ends requests whose heads or bodies never end, and serves others in the meantime', async () => {
    const hasty = await node.another({}, { timings: { requestHeadMs: 500, requestMs: 1_000 } });
    const open = () => RawClient.open(Number(new URL(hasty.url).port));
    const [upgrade, plain, slowBody, silent] = await Promise.all([open(), open(), open(), open()]);
    upgrade.send('GET /ws/notifications/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n');
    plain.send('GET /health/live HTTP/1.1\r\n');
    slowBody.send('POST /dev/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
    slowBody.send('Content-Length: 1000\r\n\r\n{');
    const stops = [dribble(upgrade, 'X-A: b\r\n'), dribble(slowBody, ' ')];
    expect((await fetch(`${hasty.url}/health/live`)).status).toBe(200);
    await Promise.all([upgrade, plain, slowBody, silent].map((client) => client.ended()));
    for (const stop of stops) stop();
    for (const client of [upgrade, plain, slowBody]) expect((await client.answer()).status).toBe(408);
    // It sent nothing, so it gets no answer.
    expect(silent.bytes).toHaveLength(0);
    expect(await refused(hasty, 'too_slow')).toBe(3);
    await hasty.stop();
  });

  it('answers headers that are too large with 431, and counts them', async () => {
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
    ['an endless target', (client: RawClient) => client.send(`GET /${'x'.repeat(2_000_000)}`)],
    ['endless headers', (client: RawClient) => client.send(`GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(300_000)}`)],
  ])('ends a connection with %s', async (_, send) => {
    const client = await RawClient.open(port);
    send(client);
    await client.ended();
  });

  it('accepts headers just below the limit', async () => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/ws/notifications/', headers: { 'X-Large': 'x'.repeat(32_000) } });
    expect(await decided(client)).toBe('4001 token_missing');
    client.destroy();
  });
});
