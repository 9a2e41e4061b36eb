import type { ConnectionFault } from './connection.js';
import { inTime } from './in-time.js';
import type { ClientOptions, Socket, TokenReason } from './options.js';
import { asToken } from './token.js';

/** Smaller tokens fit beside cookies even into the 8 KB of headers that strict proxies allow. */
const LARGE_TOKEN = 2_048;

/** Which endpoint of the server, and what is asked of it. */
export interface Endpoint {
  path: string;
  query: Record<string, string | undefined>;
}

/** What a WebSocket is opened with. */
export interface Opening {
  url: string;
  protocols: string[];
}

/** The server has refused the token when a ticket was to be bought with it. */
export class TokenRefused extends Error {}

/** Why there is no connection, though the server has not said anything about it. */
export class DialError extends Error {
  constructor(
    readonly source: ConnectionFault['source'],
    cause: unknown,
  ) {
    const { message } = Object(cause) as { message?: unknown };
    super(String(message ?? cause), { cause });
  }
}

/** Knows where the server is, and how a token goes there. */
export class Dialer {
  private readonly server: string;
  private readonly Socket: NonNullable<ClientOptions['WebSocket']>;

  /** @throws {TypeError} naming the option that is wrong or missing */
  constructor(
    private readonly endpoint: Endpoint,
    private readonly options: ClientOptions,
    /** Milliseconds to wait for a token, or a ticket. */
    private readonly patience: number,
  ) {
    this.server = serverOf(options.url);
    const { WebSocket: socket = (globalThis as Pick<ClientOptions, 'WebSocket'>).WebSocket } = options;
    if (socket === undefined) throw new TypeError('WebSocket takes a constructor: there is none here');
    this.Socket = socket;
  }

  /** @throws {DialError} */
  async token(reason: TokenReason, signal: AbortSignal): Promise<string> {
    try {
      return asToken(
        await inTime('getToken', this.patience, signal, (signal) => this.options.getToken({ reason, signal })),
      );
    } catch (error) {
      throw new DialError('token', error);
    }
  }

  /**
   * Prepares a connection that goes on from the cursor.
   * @param failures attempts that failed before this one: a large token alternates between subprotocol and ticket
   * @throws {DialError | TokenRefused}
   */
  async prepare(reason: TokenReason, cursor: string | undefined, signal: AbortSignal, failures = 0): Promise<Opening> {
    const token = await this.token(reason, signal);
    const url = new URL(this.server.replace('http', 'ws') + this.endpoint.path);
    const { searchParams } = url;
    for (const [name, value] of Object.entries({ ...this.endpoint.query, cursor })) {
      if (value !== undefined) searchParams.set(name, value);
    }
    const protocols = ['herald.v1'];
    const { credential } = this.options;
    if (credential === 'query') searchParams.set('token', token);
    else if (credential === 'ticket' || (!credential && failures % 2 && token.length > LARGE_TOKEN))
      searchParams.set('ticket', await this.buyTicket(token, signal));
    else protocols.push(`access_token.${base64Url(token)}`);
    return { url: url.href, protocols };
  }

  /** @throws {DialError} if the browser does not allow it */
  open({ url, protocols }: Opening): Socket {
    try {
      return new this.Socket(url, protocols);
    } catch (error) {
      throw new DialError('socket', error);
    }
  }

  private async buyTicket(token: string, signal: AbortSignal): Promise<string> {
    const headers = { authorization: `Bearer ${token}` };
    try {
      return await inTime('The ticket', this.patience, signal, async (signal) => {
        const response = await fetch(`${this.server}/api/v1/realtime/tickets`, { method: 'POST', headers, signal });
        if (response.status === 401) throw new TokenRefused();
        if (!response.ok) throw new Error(`The server answers ${response.status} instead of a ticket`);
        return ((await response.json()) as { ticket: string }).ticket;
      });
    } catch (error) {
      throw error instanceof TokenRefused ? error : new DialError('ticket', error);
    }
  }
}

/** The address of the server for HTTP, without a slash at its end. */
export function serverOf(url: string | URL | undefined): string {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  const given = url ?? page;
  if (given === undefined) throw new TypeError('url takes the address of the server: there is no page');
  const { protocol, host, pathname } = new URL(given, page);
  if (!/^(http|ws)s?:$/.test(protocol))
    throw new TypeError(`url takes an http, https, ws or wss address, got ${given}`);
  return `${protocol.replace('ws', 'http')}//${host}${pathname.replace(/\/+$/, '')}`;
}

/** Dots, as tokens have them, do not pass every proxy. */
function base64Url(token: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
