import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Returns a request with another `Upgrade` protocol (h2c, as sent by `curl --http2` and Java's client) to the HTTP
 * server as a plain request: a server may ignore an upgrade (RFC 9110 section 7.8).
 *
 * Node has already detached its parser from the socket, and Node 20 has no hook before that. So the head is rewritten
 * without its upgrade and unshifted onto the socket, and the socket is emitted to the server as a new connection.
 */
export function serveAsPlainRequest(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    const value = request.rawHeaders[index + 1] ?? '';
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (!isUpgradeHeader(name) && kept !== '') lines.push(`${name}: ${kept}`);
  }
  // Node decodes the head as latin1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
  socket.resume();
}

function isUpgradeHeader(name: string): boolean {
  return ['upgrade', 'http2-settings'].includes(name.toLowerCase());
}

function withoutUpgrade(connection: string): string {
  return connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !isUpgradeHeader(option))
    .join(', ');
}
