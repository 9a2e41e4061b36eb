import type { ClientOptions } from './options.js';

/** What a WebSocket is opened with. */
export interface Opening {
  url: string;
  protocols: string[];
}

/** The server did not take the token when a ticket was to be bought with it. */
export class TokenRefused extends Error {}

/**
 * The address of the server, without a slash at its end.
 * @throws {TypeError} if there is none, or it is of another kind
 */
export function serverOf(url: string | URL | undefined): string {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  const given = url ?? page;
  if (given === undefined) throw new TypeError('url takes the address of the server: there is no page to take it from');
  const { protocol, host, pathname } = new URL(given, page);
  if (!/^(http|ws)s?:$/.test(protocol))
    throw new TypeError(`url takes an http, https, ws or wss address, got ${given}`);
  return protocol.replace('ws', 'http') + '//' + host + pathname.replace(/\/+$/, '');
}

/**
 * Says how the token goes to the server.
 * @param path of the endpoint, below the server
 * @throws {TokenRefused}
 */
export async function openingOf(
  server: string,
  path: string,
  query: Record<string, string | undefined>,
  token: string,
  { credential, signal }: Pick<ClientOptions, 'credential' | 'signal'>,
): Promise<Opening> {
  const protocols = ['herald.v1'];
  const url = new URL(server.replace('http', 'ws') + path);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  if (credential === 'query') url.searchParams.set('token', token);
  else if (credential === 'ticket') url.searchParams.set('ticket', await buyTicket(server, token, signal));
  else protocols.push(`access_token.${base64Url(token)}`);
  return { url: url.href, protocols };
}

async function buyTicket(server: string, token: string, signal?: AbortSignal): Promise<string> {
  const response = await fetch(`${server}/api/v1/realtime/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    signal,
  });
  if (response.status === 401) throw new TokenRefused();
  if (!response.ok) throw new Error(`No ticket: ${response.status}`);
  return ((await response.json()) as { ticket: string }).ticket;
}

/** As tokens have dots, which not every proxy lets through. */
function base64Url(token: string): string {
  return btoa(token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
