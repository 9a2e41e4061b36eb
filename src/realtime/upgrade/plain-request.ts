import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Gives a request with a foreign `Upgrade` header (h2c, as `curl --http2` and Java's client send it) back to the HTTP
 * server as the plain request that it also is: a server is free to ignore an upgrade (RFC 9110 section 7.8).
 *
 * Node has taken the parser off the socket by now, and on Node 20 nothing can be asked beforehand. So the head is written
 * anew without its upgrade, put back in front of what follows, and the socket is introduced to the server again.
 */
export function serveAsPlainRequest(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    const value = request.rawHeaders[index + 1] ?? '';
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (!isUpgradeHeader(name) && kept !== '') lines.push(`${name}: ${kept}`);
  }
  // latin1 is how Node has read the head.
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
