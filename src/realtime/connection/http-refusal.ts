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

/** A refusal as problem details (RFC 9457). */
export function problemOf({ status, detail, headers }: HttpRefusal): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
  return {
    headers: {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      ...headers,
    },
    body,
  };
}

/** Answers an upgrade request and ends its socket, whether the peer reads or not. */
export function refuseUpgrade(socket: Duplex, refusal: HttpRefusal): void {
  const { headers, body } = problemOf(refusal);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  const statusLine = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}`;
  socket.end([statusLine, ...lines, '', body].join('\r\n'));
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(linger));
  // What the peer still sends is thrown away, so that its FIN can be seen.
  socket.resume();
}
