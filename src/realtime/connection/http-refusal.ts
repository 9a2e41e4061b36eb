import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A refusal before the handshake: an HTTP answer. */
export interface HttpRefusal {
  status: number;
  detail: string;
  headers?: Readonly<Record<string, string>>;
}

/** How long a refused peer may take to read its answer. */
const LINGER_MS = 2_000;

/** Answers an upgrade request with problem details (RFC 9457) and ends its socket, whether the peer reads or not. */
export function refuseUpgrade(socket: Duplex, { status, detail, headers = {} }: HttpRefusal): void {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  const lines = Object.entries({
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${title}`, ...lines, '', body].join('\r\n'));
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(linger));
  // What the peer still sends is thrown away, so that its FIN can be seen.
  socket.resume();
}
