import fc from 'fast-check';
import { RawClient } from '../support/raw-client.js';
import { type Property, run } from './property.js';
import { assertAnswered } from './sessions.js';

/** Any text without a line break, which would begin another header. */
const value = fc
  .string({
    unit: fc.oneof(
      { weight: 200, arbitrary: fc.string({ minLength: 1, maxLength: 1 }) },
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 40,
  })
  .map((text) => text.replaceAll(/[\r\n]/g, ' '));

function header(name: string, good: string, ...others: string[]): fc.Arbitrary<[string, string][]> {
  return fc.oneof(
    { weight: 50, arbitrary: fc.constant<[string, string][]>([[name, good]]) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...others, '', good.toUpperCase()).map((other): [string, string][] => [[name, other]]),
    },
    {
      weight: 1,
      arbitrary: value.map((other): [string, string][] => [
        [name, good],
        [name, other],
      ]),
    },
    { weight: 1, arbitrary: value.map((other): [string, string][] => [[name, other]]) },
  );
}

const method = fc.oneof(
  { weight: 40, arbitrary: fc.constant('GET') },
  fc.constantFrom('POST', 'HEAD', 'OPTIONS', 'CONNECT', 'get', 'PATCH'),
);
const version = fc.oneof(
  { weight: 40, arbitrary: fc.constant('HTTP/1.1') },
  fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', ''),
);
const path = fc.oneof(
  { weight: 10, arbitrary: fc.constant('/ws/notifications/') },
  fc.constantFrom(
    '/ws/notifications',
    '/ws/events/x/',
    '/ws/events/%00/',
    '//ws/notifications/',
    '/ws/./notifications/',
    '*',
    '/',
    '/api/v1/orgs',
  ),
  fc.constantFrom(
    'http://127.0.0.1/ws/notifications/',
    '/ws/notifications/%2e%2e',
    '/ws/events/123e4567-e89b-42d3-a456-426614174000/',
    '/health/ready',
  ),
  value.map((text) => `/ws/events/${text.replaceAll(' ', '+')}/`),
);
const query = fc.oneof(
  fc.constantFrom(
    '',
    '?token=',
    '?token=a&token=b',
    '?ticket=x',
    '?cursor=x',
    '?cursor=a&cursor=b',
    '?presence=true',
    '?token=eyJhbGciOiJub25lIn0.e30.',
  ),
  value.map((text) => `?${text.replaceAll(' ', '+')}`),
);

/** A complete request head, in which `TOKEN` stands for a good token. */
const head = fc
  .tuple(
    fc.tuple(method, path, query, version),
    fc.tuple(
      header('Host', '127.0.0.1', 'evil.example', '127.0.0.1, 127.0.0.1'),
      header('Upgrade', 'websocket', 'h2c', 'websocket, h2c', 'WebSocket'),
      header('Connection', 'Upgrade', 'keep-alive, Upgrade', 'close'),
      header('Sec-WebSocket-Version', '13', '8', '12', '13, 8', '013'),
      header('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', 'short', 'dGhlIHNhbXBsZSBub25jZQ'),
      header('Authorization', 'Bearer TOKEN', 'Bearer', 'Bearer x', 'Basic eDp4', 'bearer TOKEN TOKEN'),
    ),
    fc.array(
      fc.oneof(
        header('Origin', 'http://localhost:8000', 'null', 'https://evil.example'),
        header('Sec-WebSocket-Protocol', 'herald.v1', 'access_token.x', ',', 'herald.v1, herald.v1', 'access_token.'),
        header(
          'Sec-WebSocket-Extensions',
          'permessage-deflate',
          'x; y="',
          'permessage-deflate; server_max_window_bits=1',
        ),
        header('Content-Length', '0', '5', '-1', 'x'),
        header('Transfer-Encoding', 'chunked', 'gzip', 'chunked, chunked'),
        header('Cookie', 'a=b', '='),
        header('X-Forwarded-For', '1.2.3.4', 'x', '::1, 1.2.3.4'),
        header('Expect', '100-continue', 'nonsense'),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([[method, path, query, version], needed, further]) => {
    const headers = [...needed, ...further].flat().map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path}${query} ${version}\r\n${headers.join('')}\r\n`;
  });

/** Long enough for the bodies that heads announce, so that the server does not wait for more. */
const behind = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.from('0\r\n\r\n'), bytes]));

/** Any upgrade is refused, or admitted and answered as the contract says. */
export const handshakes: Property = {
  name: 'handshakes',
  check: (target, options) =>
    fc.assert(
      fc.asyncProperty(head, behind, (text, behind) =>
        run(target, async () => {
          const client = await RawClient.open(target.port);
          client.send(Buffer.concat([Buffer.from(text.replaceAll('TOKEN', target.token), 'latin1'), behind]));
          await client.answer().catch(() => undefined);
          // After a plain request, the server would keep the connection open for the next one.
          client.end();
          await client.ended();
          assertAnswered(client.bytes);
        }),
      ),
      options,
    ),
};
