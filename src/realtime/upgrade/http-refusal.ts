import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A refusal before the handshake: an HTTP answer. */
export interface HttpRefusal {
  status: number;
  /** Its name in metrics and logs. */
  reason: string;
  detail: string;
  /** For the log only. */
  why?: string;
  /** Further fields of the answer. */
  fields?: object;
  headers?: Readonly<Record<string, string>>;
}

const UPGRADE = { Upgrade: 'websocket' };
const RETRY_AFTER = { 'Retry-After': '5' };

/** Every refusal before the handshake, in the order of the checks. */
export const REFUSAL = {
  /** The request can't be parsed. */
  unreadable: { status: 400, reason: 'unreadable', detail: 'This is not HTTP/1.1' },
  tooSlow: { status: 408, reason: 'too_slow', detail: 'The request did not come in time' },
  headersTooLarge: { status: 431, reason: 'headers_too_large', detail: 'The headers are too large' },
  /** Too many pipelined requests wait for their answers. The connection is cut without an answer. */
  tooManyAhead: { status: 429, reason: 'too_many_ahead', detail: 'Too many requests ahead of their answers' },
  /** No gateway matches the path. */
  unknownPath: { status: 404, reason: 'unknown_path', detail: 'There is no WebSocket endpoint here' },
  /** A plain request to a gateway's path. */
  upgradeRequired: {
    status: 426,
    reason: 'upgrade_required',
    detail: 'This is a WebSocket endpoint',
    headers: UPGRADE,
  },
  /** Anything but GET to a path of server-sent events. */
  eventsMethod: {
    status: 405,
    reason: 'events_method',
    detail: 'Server-sent events take GET',
    headers: { Allow: 'GET' },
  },
  method: { status: 400, reason: 'method', detail: 'A WebSocket handshake takes GET' },
  httpVersion: {
    status: 426,
    reason: 'http_version',
    detail: 'A WebSocket handshake takes HTTP/1.1',
    headers: UPGRADE,
  },
  protocol: { status: 400, reason: 'protocol', detail: 'Upgrade: takes websocket alone' },
  host: { status: 400, reason: 'host', detail: 'Host: takes exactly one host and port' },
  key: { status: 400, reason: 'key', detail: 'Sec-WebSocket-Key: takes 16 bytes as base64' },
  version: {
    status: 426,
    reason: 'version',
    detail: 'Sec-WebSocket-Version: takes 13',
    headers: { ...UPGRADE, 'Sec-WebSocket-Version': '13' },
  },
  subprotocol: {
    status: 400,
    reason: 'subprotocol',
    detail: 'Sec-WebSocket-Protocol: takes a comma list of names, each once',
  },
  body: { status: 400, reason: 'body', detail: 'A WebSocket handshake takes no body' },
  origin: { status: 403, reason: 'origin', detail: 'This Origin is not allowed' },
  draining: { status: 503, reason: 'draining', detail: 'This node is shutting down', headers: RETRY_AFTER },
  overloaded: { status: 503, reason: 'overloaded', detail: 'This node is overloaded', headers: RETRY_AFTER },
  /** The address has reached its limit of connections to this node. */
  addressLimit: {
    status: 429,
    reason: 'address_limit',
    detail: 'Too many connections from this address',
    headers: RETRY_AFTER,
  },
  full: { status: 503, reason: 'full', detail: 'This node is full', headers: RETRY_AFTER },
  /** The limit of connections between handshake and welcome is reached. */
  tooManyAdmissions: {
    status: 503,
    reason: 'too_many_admissions',
    detail: 'Too many clients are connecting at this moment',
    headers: RETRY_AFTER,
  },
} as const satisfies Record<string, HttpRefusal>;

/** How long a refused peer may take to read its answer. */
const LINGER_MS = 2_000;

/** A refusal as problem details (RFC 9457). */
export function problemOf({ status, detail, headers, fields }: HttpRefusal): {
  headers: Record<string, string>;
  body: string;
} {
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    ...fields,
  });
  return {
    headers: {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      ...headers,
    },
    body,
  };
}

/** A refusal as a complete HTTP response that closes the connection; without a body for HEAD. */
export function answerOf(refusal: HttpRefusal, method?: string): string {
  const { headers, body } = problemOf(refusal);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  const statusLine = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}`;
  return [statusLine, ...lines, '', method === 'HEAD' ? '' : body].join('\r\n');
}

/** Sends a last answer on a socket that has left the HTTP parser, and closes it, whether or not the peer reads. */
export function endWith(socket: Duplex, answer: string): void {
  socket.end(answer);
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(linger));
  // Discards what the peer still sends, so that its FIN is noticed.
  socket.resume();
}
