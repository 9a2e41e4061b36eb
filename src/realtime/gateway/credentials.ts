import type { IncomingMessage } from 'node:http';

/** A client's proof of identity. */
export interface Credential {
  kind: 'token' | 'ticket';
  /** As received, possibly empty; null if sent more than once, or not decodable. */
  value: string | null;
}

/** The server's subprotocol, selected when offered. */
const HERALD_PROTOCOL = 'herald.v1';
const TOKEN_PROTOCOL_PREFIX = 'access_token.';
/** An empty header counts as an empty token: the client sent a credential, but without a value. */
const BEARER = /^(?:bearer(?: +(.*))?)?$/i;

/**
 * Finds the one credential that decides, by rank: subprotocol, `Authorization`, ticket, token. A bad one of higher rank
 * decides, too. A credential sent more than once has no value, so that no proxy can disagree about which one counts.
 */
export function findCredential(request: IncomingMessage, query: URLSearchParams): Credential | null {
  return fromProtocols(request.headers['sec-websocket-protocol']) ?? findHttpCredential(request, query);
}

/** The same for a plain request, which has no subprotocols. */
export function findHttpCredential(request: IncomingMessage, query: URLSearchParams): Credential | null {
  return fromAuthorization(request) ?? fromQuery(query, 'ticket') ?? fromQuery(query, 'token');
}

/**
 * Chooses the subprotocol of the answer. The token is echoed only when nothing else was offered, because browsers fail a
 * connection for which nothing was selected.
 */
export function selectProtocol(offered: ReadonlySet<string>): string | false {
  if (offered.has(HERALD_PROTOCOL)) return HERALD_PROTOCOL;
  const [only] = offered;
  return offered.size === 1 && only?.startsWith(TOKEN_PROTOCOL_PREFIX) === true ? only : false;
}

function fromProtocols(header: string | undefined): Credential | null {
  const tokens = (header ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol.startsWith(TOKEN_PROTOCOL_PREFIX))
    .map((protocol) => protocol.slice(TOKEN_PROTOCOL_PREFIX.length));
  if (tokens.length === 0) return null;
  return { kind: 'token', value: decodeOnly(tokens) };
}

/** The subprotocol carries the token as base64url, because some proxies don't pass dots and similar characters. */
function decodeOnly(tokens: readonly string[]): string | null {
  const only = soleOf(tokens);
  return only !== null && /^[\w-]*$/.test(only) ? Buffer.from(only, 'base64url').toString() : null;
}

function fromAuthorization(request: IncomingMessage): Credential | null {
  const values = request.headersDistinct.authorization ?? [];
  const tokens = values.map((value) => BEARER.exec(value)).filter((match) => match !== null);
  if (tokens.length === 0) return null;
  return { kind: 'token', value: values.length === 1 ? (tokens[0]?.[1] ?? '') : null };
}

function fromQuery(query: URLSearchParams, kind: Credential['kind']): Credential | null {
  const values = query.getAll(kind);
  if (values.length === 0) return null;
  return { kind, value: soleOf(values) };
}

function soleOf(values: readonly string[]): string | null {
  return values.length === 1 ? (values[0] ?? null) : null;
}
