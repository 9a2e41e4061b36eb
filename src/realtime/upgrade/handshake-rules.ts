import type { IncomingMessage } from 'node:http';
import { hasValidHost } from '../support/host.js';
import { type HttpRefusal, REFUSAL } from './http-refusal.js';

/** RFC 6455 section 4.1. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** RFC 9110 section 5.6.2, with surrounding blanks. There is only one way to match, so no catastrophic backtracking. */
const SUBPROTOCOL = /^[ \t]*([\w!#$%&'*+.^`|~-]+)[ \t]*$/;

/** Why a request is not a valid WebSocket handshake (RFC 6455 section 4.2.1), or null. */
export function brokenRuleOf(request: IncomingMessage): HttpRefusal | null {
  const { headers, headersDistinct } = request;
  if (request.method !== 'GET') return REFUSAL.method;
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor < 1) return REFUSAL.httpVersion;
  if (headers.upgrade?.toLowerCase() !== 'websocket') return REFUSAL.protocol;
  if (!hasValidHost(request)) return REFUSAL.host;
  const keys = headersDistinct['sec-websocket-key'] ?? [];
  if (keys.length !== 1 || !KEY.test(keys[0] ?? '')) return REFUSAL.key;
  if (headers['sec-websocket-version'] !== '13') return REFUSAL.version;
  if (!areSubprotocols(headers['sec-websocket-protocol'])) return REFUSAL.subprotocol;
  if (hasBody(request)) return REFUSAL.body;
  return null;
}

/** Whether a request asks to upgrade to a WebSocket, perhaps among other protocols. */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  const protocols = (headers.upgrade ?? '').split(',');
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}

function areSubprotocols(header: string | undefined): boolean {
  if (header === undefined) return true;
  const names = header.split(',').map((part) => SUBPROTOCOL.exec(part)?.[1]);
  return !names.includes(undefined) && new Set(names).size === names.length;
}

/** We would read a body as frames, and a proxy as a body. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}
