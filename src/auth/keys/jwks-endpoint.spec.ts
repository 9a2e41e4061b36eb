import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { JwksEndpoint } from './jwks-endpoint.js';

const DEADLINE_MS = 200;
const servers: Server[] = [];

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  return `http://127.0.0.1:${address.port}/certs`;
}

async function fetchFrom(answer: RequestListener): Promise<readonly unknown[]> {
  return new JwksEndpoint(await listen(answer), DEADLINE_MS).fetch();
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

describe('JwksEndpoint', () => {
  it('gives the keys as they are published, in one request', async () => {
    let requests = 0;
    const keys = [{ kty: 'RSA', kid: 'a' }, null, { kty: 'oct' }];
    const fetched = fetchFrom((_, response) => {
      requests += 1;
      response.end(JSON.stringify({ keys }));
    });
    await expect(fetched).resolves.toEqual(keys);
    expect(requests).toBe(1);
  });

  it.each([404, 429, 500, 503])('rejects an answer with status %i', async (status) => {
    const fetched = fetchFrom((_, response) => response.writeHead(status).end('{"keys":[]}'));
    await expect(fetched).rejects.toThrow(`got HTTP ${status}`);
  });

  it.each(['', 'garbage', 'null', '[]', '{}', '"keys"', '{"keys":{}}', '{"keys":null}', '{"keys":[', '<html></html>'])(
    'rejects the answer %j',
    async (body) => {
      await expect(fetchFrom((_, response) => response.end(body))).rejects.toThrow();
    },
  );

  it('does not follow redirects', async () => {
    let trapped = 0;
    const trap = await listen((_, response) => {
      trapped += 1;
      response.end('{"keys":[]}');
    });
    const fetched = fetchFrom((_, response) => response.writeHead(302, { location: trap }).end());
    await expect(fetched).rejects.toThrow('got HTTP 302');
    expect(trapped).toBe(0);
  });

  it('gives up on a server that never answers', async () => {
    await expect(fetchFrom(() => undefined)).rejects.toThrow(/timeout/);
  });

  it('gives up on a server that drips, however steadily', async () => {
    const fetched = fetchFrom((request, response) => {
      response.write('{"keys":[');
      const drip = setInterval(() => response.write(' '), 10);
      request.socket.once('close', () => clearInterval(drip));
    });
    await expect(fetched).rejects.toThrow(/timeout/);
  });

  it('gives up on an answer without end', async () => {
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
    await expect(new JwksEndpoint(url, DEADLINE_MS).fetch()).rejects.toThrow('fetch failed');
  });
});
