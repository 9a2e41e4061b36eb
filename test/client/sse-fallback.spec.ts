import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientOptions } from '@herald/client';
import { sseFallback } from '@herald/client/sse';

type Socket = InstanceType<NonNullable<ClientOptions['WebSocket']>>;

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Serves streams on loopback; returns the address as of a WebSocket. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/notifications/`;
}

/** A WebSocket that closes at once, as the test says; what was opened is in `opened`. */
function closing(code: number | undefined, opened: string[]): NonNullable<ClientOptions['WebSocket']> {
  return class implements Socket {
    constructor(url: string) {
      opened.push(url);
    }

    addEventListener(type: string, listener: (event: { type: string; code?: number }) => void): void {
      if (type === 'close') setImmediate(() => listener({ type, code }));
    }

    send(): void {
      throw new Error('Not open');
    }

    close(): void {
      opened.push('closed');
    }
  };
}

/** How a new socket ends. */
function end(socket: Socket): Promise<[code: number | undefined, reason: string | undefined]> {
  return new Promise((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve([code, reason]));
  });
}

describe('a refused stream', () => {
  it.each<[number, object | string, [number, string]]>([
    [404, { status: 404, code: 4003, reason: 'not_a_member' }, [4003, 'not_a_member']],
    [404, 'an ingress’s own page', [1006, 'HTTP 404']],
    [403, { status: 403 }, [1006, 'HTTP 403']],
    [401, 'a proxy’s own', [4001, 'HTTP 401']],
    [503, 'a balancer’s own', [1013, 'HTTP 503']],
    [204, '', [1006, 'HTTP 204']],
  ])(
    'by %i with %j ends with the code that the server names, or one that is tried again',
    async (status, body, expected) => {
      const url = await serve((_, response) =>
        response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)),
      );
      const opened: string[] = [];
      const Fallback = sseFallback({ WebSocket: closing(1006, opened) });
      await end(new Fallback(url, []));
      await end(new Fallback(url, []));
      expect(await end(new Fallback(url, []))).toEqual(expected);
      expect(opened).toEqual([url, url]);
    },
  );
});

describe('the choice of a transport', () => {
  const stream: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('id: c1\ndata: {"type":"connection.established","heartbeat_interval":25}\n\n');
  };

  it('stays with server-sent events that work, however they are cut', async () => {
    const url = await serve(stream);
    const opened: string[] = [];
    const Fallback = sseFallback({ WebSocket: closing(1006, opened) });
    for (let n = 0; n < 4; n += 1) await end(new Fallback(url, []));
    expect(opened).toHaveLength(2);
  });

  it('goes back to WebSockets where neither works', async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const opened: string[] = [];
    const Fallback = sseFallback({ WebSocket: closing(1006, opened) });
    for (let n = 0; n < 4; n += 1) await end(new Fallback(url, []));
    expect(opened).toHaveLength(3);
  });

  it('takes a refusal of the server’s own as a sign that WebSockets work', async () => {
    const url = await serve(stream);
    const opened: string[] = [];
    const Fallback = sseFallback({ WebSocket: closing(4001, opened) });
    for (let n = 0; n < 4; n += 1) await end(new Fallback(url, []));
    expect(opened).toHaveLength(4);
  });

  it('counts neither sockets that the page has closed, nor those of other paths', async () => {
    const url = await serve(stream);
    const opened: string[] = [];
    const Fallback = sseFallback({ WebSocket: closing(1006, opened) });
    for (let n = 0; n < 3; n += 1) {
      const socket = new Fallback(url, []);
      socket.close();
      await end(socket);
      await end(new Fallback(url.replace('notifications', `events/${n}`), []));
    }
    expect(opened.filter((each) => each === url)).toHaveLength(3);
    expect(opened.filter((each) => each.includes('events'))).toHaveLength(3);
  });
});
