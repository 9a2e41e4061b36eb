import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Decision, decisionOn } from '../support/decision.js';
import { type Herald, herald } from '../support/herald.js';
import { RawClient, type RawUpgrade } from '../support/raw-client.js';
import { type NginxServer, startNginx } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { fill, TARGETS } from './request-targets.table.js';

const APP = 'https://app.example.com';

let node: Herald;
let nginx: NginxServer;
let token: string;
let orgId: string;

beforeAll(async () => {
  node = await herald({
    ALLOWED_ORIGINS: APP,
    TRUST_PROXY: '1',
    WS_MAX_CONNECTIONS_PER_USER: '0',
    HTTP_RATE_LIMIT_PER_MINUTE: '0',
  });
  nginx = await startNginx(Number(new URL(node.url).port));
  token = await node.tokenFor('alice', { roles: ['realtime-admin'] });
  orgId = (await (await node.api('alice')).post('/orgs', { name: 'Acme' })).body.id;
}, 60_000);
afterAll(async () => {
  await nginx.stop();
  await node.stop();
});

/** Connects by TLS; the test server has only a self-signed certificate. */
async function byTls(): Promise<RawClient> {
  const socket = connect({ port: nginx.port, host: '127.0.0.1', rejectUnauthorized: false });
  const client = RawClient.over(socket);
  await once(socket, 'secureConnect');
  return client;
}

async function ask(request: RawUpgrade): Promise<Decision> {
  return decisionOn(await byTls(), request);
}

/** Treats HTTP refusals alike: nginx may refuse what Herald would, and with another status. */
function kindOf(decision: Decision): string {
  return /^4\d\d$/.test(decision) ? 'refused' : decision;
}

describe('nginx with the sample configuration', () => {
  // @abuse PATH-31
  it.each(TARGETS)('decides like Herald alone, $ids $what, $target', async (row) => {
    const request = { target: fill(row, orgId), headers: { Authorization: `Bearer ${token}` } };
    expect(kindOf(await ask(request))).toBe(kindOf(row.decision));
  });

  // @abuse PATH-31
  it('leaves origins, credentials and frames to Herald', async () => {
    const target = `/ws/notifications/?token=${token}`;
    expect(await ask({ target, headers: { Origin: 'https://evil.example' } })).toBe('403');
    expect(await ask({ target, headers: { Origin: APP } })).toBe('welcome');
    expect(await ask({ target: '/ws/notifications/?token=x' })).toBe('4001 token_invalid');
    const client = await byTls();
    client.sendUpgrade({ target });
    await client.until('connection.established');
    client.sendFrame(1, '{"type":"ping","timestamp":"through"}');
    await client.until('"timestamp":"through"');
    client.destroy();
  });

  // @abuse UPG-02
  it('passes an h2c upgrade on as a plain request', async () => {
    const client = await byTls();
    const lines = [
      'Host: localhost',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
    ];
    client.send(`GET /health/live HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect((await client.answer()).status).toBe(200);
    client.destroy();
  });

  // @abuse ORIG-27
  it('gives Herald the peer’s address, not the one that the client claims', async () => {
    const client = await byTls();
    const headers = { 'X-Forwarded-For': '203.0.113.7', Forwarded: 'for=203.0.113.7' };
    client.sendUpgrade({ target: `/ws/notifications/?token=${token}`, headers });
    await client.until('connection.established');
    const api = await node.api('alice', { token });
    await until(async () => (await api.get('/realtime/connections?user_id=alice')).body.items.length === 1);
    const { items } = (await api.get('/realtime/connections?user_id=alice')).body;
    expect(items).toMatchObject([{ remote_address: '127.0.0.1' }]);
    client.destroy();
  });

  it.each([
    '/metrics',
    '/metrics/',
    '/METRICS',
    '/Metrics/',
    '/metrics?x',
    '/%6detrics',
    '/x/../metrics',
    '/metrics/.',
  ])('does not expose the metrics: %s', async (target) => {
    const client = await byTls();
    client.send(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect((await client.answer()).status).toBe(404);
    client.destroy();
  });

  // @abuse UPG-30
  it('refuses sockets without TLS, and redirects pages to TLS without their query', async () => {
    const plain = () => RawClient.open(nginx.plainPort);
    expect(await decisionOn(await plain(), { target: `/ws/notifications/?token=${token}` })).toBe('403');
    const client = await plain();
    client.send('GET /docs%0d%0aX-Injected:1?token=secret HTTP/1.1\r\nHost: herald.example.com\r\n\r\n');
    const { status, headers } = await client.answer();
    expect([status, headers.location]).toEqual([308, 'https://herald.example.com/docs%0d%0aX-Injected:1']);
    client.destroy();
  });

  it('has timeouts longer than two heartbeats', () => {
    const sample = readFileSync('deploy/nginx.conf', 'utf8');
    const timeouts = [...sample.matchAll(/proxy_(?:read|send)_timeout (\d+)s/g)].map(([, seconds]) => Number(seconds));
    expect(timeouts).toHaveLength(2);
    for (const seconds of timeouts) expect(seconds).toBeGreaterThan((2 * 25_000) / 1_000);
  });
});

describe('its TLS', () => {
  /** Offers only the given versions, with the ciphers that old ones need. */
  async function versionWith(port: number, minVersion: 'TLSv1' | 'TLSv1.2', maxVersion: 'TLSv1.1' | 'TLSv1.3') {
    const offer = { minVersion, maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' };
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...offer });
    const version = await once(socket, 'secureConnect').then(
      () => socket.getProtocol(),
      () => null,
    );
    socket.destroy();
    return version;
  }

  // @abuse UPG-31
  it('is 1.2 or later', async () => {
    expect(await versionWith(nginx.port, 'TLSv1', 'TLSv1.1')).toBeNull();
    expect(await versionWith(nginx.port, 'TLSv1.2', 'TLSv1.3')).toBe('TLSv1.3');
  });

  // @abuse UPG-31
  it('is at least 1.2 by configuration: the test itself can offer older versions', async () => {
    const [key, cert] = nginx.certificate();
    const old = createServer({ key, cert, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }).listen(0, '127.0.0.1');
    await once(old, 'listening');
    try {
      expect(await versionWith((old.address() as AddressInfo).port, 'TLSv1', 'TLSv1.1')).toBe('TLSv1.1');
    } finally {
      old.close();
    }
  });
});

describe('its log', () => {
  // @abuse PATH-22
  it('has every request and no token, even if Herald is down', async () => {
    await ask({ target: `/ws/notifications/?token=${token}` });
    await ask({ target: `/ws/${token}/` });
    const upstream = await herald();
    const alone = await startNginx(Number(new URL(upstream.url).port));
    await upstream.stop();
    try {
      const socket = connect({ port: alone.port, host: '127.0.0.1', rejectUnauthorized: false });
      const client = RawClient.over(socket);
      await once(socket, 'secureConnect');
      expect(await decisionOn(client, { target: `/ws/notifications/?token=${token}` })).toBe('502');
      await until(() => alone.log().includes('"status":"502"'));
      expect(alone.log()).not.toContain(token.slice(0, 20));
    } finally {
      await alone.stop();
    }
    await until(() => nginx.log().includes('"path":"[token]"') && nginx.log().includes('"path":"/ws/notifications/"'));
    expect(nginx.log()).not.toContain(token.slice(0, 20));
  });
});
