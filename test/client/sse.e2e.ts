import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type ClientOptions, type Connection, connectOrgEvents, type OrgFrames } from '@herald/client';
import { sseFallback } from '@herald/client/sse';
import { until } from '../../src/realtime/testing/until.js';
import { type Herald, herald } from '../support/herald.js';
import { type NginxServer, startNginx } from '../support/servers.js';

let node: Herald;
let nginx: NginxServer;
let orgId: string;
let blocked: string;
const connections: Connection<OrgFrames>[] = [];

beforeAll(async () => {
  node = await herald({ WS_HEARTBEAT_INTERVAL_MS: '200', SHUTDOWN_GRACE_MS: '1000', RUN_JOBS: 'false' });
  nginx = await startNginx(Number(new URL(node.url).port), { blocksWebSockets: true });
  blocked = `http://127.0.0.1:${nginx.plainPort}`;
  orgId = await node.organization('alice', ['bob']);
}, 60_000);
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
});
afterAll(async () => {
  await nginx.stop();
  await node.stop();
});

function open(
  options: Partial<ClientOptions> = {},
  userId = 'alice',
): { connection: Connection<OrgFrames>; heard: unknown[] } {
  const connection = connectOrgEvents(orgId, {
    url: blocked,
    getToken: () => node.tokenFor(userId),
    WebSocket: sseFallback({ WebSocket }),
    ...options,
  });
  connections.push(connection);
  const heard: unknown[] = [];
  connection.on('event', ({ event_type, data }) => event_type === 'test.numbered' && heard.push(data.n));
  return { connection, heard };
}

function uses(connection: Connection<OrgFrames>, transport: 'websocket' | 'sse'): Promise<void> {
  return until(() => connection.state.status === 'connected' && connection.state.transport === transport);
}

describe('a client with the fallback', () => {
  it('uses a WebSocket where it can', async () => {
    const { connection, heard } = open({ url: node.url });
    await uses(connection, 'websocket');
    await node.publish(orgId, 'test.numbered', { n: 1 });
    await until(() => heard.length === 1);
  });

  it.each<ClientOptions['credential']>(['subprotocol', 'ticket', 'query'])(
    'falls back after two failed attempts where WebSockets are blocked, with the token by %s',
    async (credential) => {
      const { connection, heard } = open({ credential });
      const failed: unknown[] = [];
      connection.on('state', ({ status, closed }) => status === 'waiting' && failed.push(closed?.code));
      await uses(connection, 'sse');
      expect(failed).toEqual([1006, 1006]);
      await node.publish(orgId, 'test.numbered', { n: 1 });
      await until(() => heard.length === 1);
    },
  );

  it('resumes without missing anything', async () => {
    const { connection, heard } = open();
    await uses(connection, 'sse');
    await node.publish(orgId, 'test.numbered', { n: 1 });
    await until(() => heard.length === 1);
    connection.reconnect();
    await node.publish(orgId, 'test.numbered', { n: 2 });
    await until(() => heard.length === 2);
    expect(heard).toEqual([1, 2]);
    expect(connection.state.reconnects).toBe(1);
  });

  it('renews its token by a new stream, which resumes', async () => {
    const { connection, heard } = open({
      getToken: ({ reason }) => node.tokenFor('alice', { expiresIn: reason === 'expiring' ? 3_600 : 4 }),
    });
    await uses(connection, 'sse');
    const closed: unknown[] = [];
    connection.on('state', ({ status }) => status !== 'connected' && closed.push(status));
    await node.publish(orgId, 'test.numbered', { n: 1 });
    await until(() => Date.parse(connection.state.expiresAt ?? '') > Date.now() + 60_000);
    await node.publish(orgId, 'test.numbered', { n: 2 });
    await until(() => heard.length === 2);
    expect(heard).toEqual([1, 2]);
    expect(closed).toEqual([]);
  });

  it('stays on a stream that only heartbeats keep alive', async () => {
    const comments: string[] = [];
    const { fetch: real } = globalThis;
    globalThis.fetch = async (...args) => {
      const response = await real(...args);
      const [own, copy] = response.body?.tee() ?? [null, null];
      copy
        ?.pipeTo(new WritableStream({ write: (bytes) => void comments.push(new TextDecoder().decode(bytes)) }))
        .catch(() => undefined);
      return new Response(own, response);
    };
    try {
      const { connection } = open({ pingInterval: 50, answerTimeout: 1_000 });
      await uses(connection, 'sse');
      const { connectionId } = connection.state;
      await until(() => comments.filter((text) => text.startsWith(': ping')).length >= 8);
      expect(connection.state).toMatchObject({ status: 'connected', connectionId });
    } finally {
      globalThis.fetch = real;
    }
  });

  it('is closed for good when its membership ends, and asks for a new token when it is refused', async () => {
    const { connection } = open({}, 'bob');
    await uses(connection, 'sse');
    await (await node.api('alice')).delete(`/orgs/${orgId}/members/bob`);
    await until(() => connection.state.status === 'closed');
    expect(connection.state.closed).toEqual({ code: 4003, reason: 'not_a_member' });
    const reasons: string[] = [];
    const other = open({
      getToken: ({ reason }) => {
        reasons.push(reason);
        return reason === 'refused' ? node.tokenFor('alice') : 'not.a.token';
      },
    });
    await uses(other.connection, 'sse');
    expect(reasons.at(-1)).toBe('refused');
  });

  it('returns to WebSockets once they pass', async () => {
    let isBlocked = true;
    class Sometimes extends WebSocket {
      constructor(url: string, protocols: string[]) {
        // Nothing listens on this port.
        super(isBlocked ? 'ws://127.0.0.1:1' : url, protocols);
      }
    }
    const { connection, heard } = open({
      url: node.url,
      WebSocket: sseFallback({ WebSocket: Sometimes, returnAfter: 50 }),
    });
    await uses(connection, 'sse');
    isBlocked = false;
    await uses(connection, 'websocket');
    await node.publish(orgId, 'test.numbered', { n: 1 });
    await until(() => heard.length === 1);
  });

  it('tries WebSockets again where HTTP does not work either', async () => {
    const opened: string[] = [];
    class Counted extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        opened.push(url);
      }
    }
    open({ url: 'http://127.0.0.1:1', WebSocket: sseFallback({ WebSocket: Counted }) });
    await until(() => opened.length >= 3);
  });
});
