import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { JwksEndpoint } from './jwks-endpoint.js';

/** Long enough for any answer, even on a busy machine. */
const PATIENCE_MS = 20_000;
const SHORT_MS = 200;
const servers: Server[] = [];

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  return `http://127.0.0.1:${address.port}/certs`;
}

function cut(response: ServerResponse): () => void {
  return () => response.destroy();
}

async function fetchFrom(answer: RequestListener, deadlineMs = PATIENCE_MS): Promise<readonly unknown[]> {
  return new JwksEndpoint(await listen(answer), deadlineMs).fetch();
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

describe('JwksEndpoint', () => {
  it('returns the keys as published, with one request', async () => {
    let requests = 0;
    const keys = [{ kty: 'RSA', kid: 'a' }, null, { kty: 'oct' }];
    const fetched = fetchFrom((_, response) => {
      requests += 1;
      response.end(JSON.stringify({ keys }));
    });
    await expect(fetched).resolves.toEqual(keys);
    expect(requests).toBe(1);
  });

  // @abuse JWKS-14
  it.each([204, 404, 429, 500, 503])('rejects an answer with status %i', async (status) => {
    const fetched = fetchFrom((_, response) => response.writeHead(status).end('{"keys":[]}'));
    await expect(fetched).rejects.toThrow(status === 204 ? 'JSON' : `got HTTP ${status}`);
  });

  it.each(['', 'garbage', 'null', '[]', '{}', '"keys"', '{"keys":{}}', '{"keys":null}', '{"keys":[', '<html></html>'])(
    'rejects the answer %j',
    async (body) => {
      await expect(fetchFrom((_, response) => response.end(body))).rejects.toThrow();
    },
  );

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    // @abuse JWKS-14
  ])('tells when the source wants to be asked again: %j', async (retryAfter, retryAfterMs) => {
    const fetched = fetchFrom((_, response) => response.writeHead(429, { 'retry-after': retryAfter }).end());
    await expect(fetched).rejects.toMatchObject({ name: 'SourceBusyError', retryAfterMs });
  });

  // @abuse JWKS-14
  it.each(['', 'soon'])('ignores the Retry-After %j', async (retryAfter) => {
    const fetched = fetchFrom((_, response) => response.writeHead(503, { 'retry-after': retryAfter }).end());
    await expect(fetched).rejects.toMatchObject({ name: 'Error' });
  });

  it('gives up on an answer that is small only when compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, ' '));
    const fetched = fetchFrom((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    await expect(fetched).rejects.toThrow('got more than 1048576 bytes');
  });

  // @abuse JWKS-15
  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %i', async (status) => {
    let trapped = 0;
    const trap = await listen((_, response) => {
      trapped += 1;
      response.end('{"keys":[]}');
    });
    const fetched = fetchFrom((_, response) => response.writeHead(status, { location: trap }).end());
    await expect(fetched).rejects.toThrow(`got HTTP ${status}`);
    expect(trapped).toBe(0);
  });

  it.each<[string, RequestListener]>([
    ['is cut off', (_, response) => response.writeHead(200, { 'content-length': '99' }).write('{', cut(response))],
    ['is reset', (request) => request.socket.resetAndDestroy()],
    ['is not HTTP', (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    ['is nested deeply', (_, response) => response.end(`{"keys":${'{"a":'.repeat(50_000)}`)],
    ['is not UTF-8', (_, response) => response.end(Buffer.from('7b226b657973ff223a5b5d7d', 'hex'))],
    [
      'is not compressed, and says so',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{}'),
    ],
  ])('rejects an answer that %s', async (_, answer) => {
    await expect(fetchFrom(answer)).rejects.toThrow();
  });

  it('gives up on a server that never answers', async () => {
    await expect(fetchFrom(() => undefined, SHORT_MS)).rejects.toThrow(/timeout/);
  });

  it('gives up on a server that drips bytes', async () => {
    const fetched = fetchFrom((request, response) => {
      response.write('{"keys":[');
      const drip = setInterval(() => response.write(' '), 10);
      request.socket.once('close', () => clearInterval(drip));
    }, SHORT_MS);
    await expect(fetched).rejects.toThrow(/timeout/);
  });

  it('gives up on an endless answer', async () => {
    const fetched = fetchFrom((_, response) => {
      const pour = (): void => {
        if (!response.destroyed) response.write(' '.repeat(65_536), pour);
      };
      pour();
    });
    await expect(fetched).rejects.toThrow('got more than 1048576 bytes');
  });

  it('rejects when nothing listens', async () => {
    const url = await listen(() => undefined);
    servers.splice(0).forEach((server) => server.close());
    await expect(new JwksEndpoint(url, PATIENCE_MS).fetch()).rejects.toThrow('fetch failed');
  });
});
