import type { ConnectionFault } from './connection.js';
import { inTime } from './in-time.js';
import type { ClientOptions, Socket, TokenReason } from './options.js';
import { asToken } from './token.js';

/** Smaller tokens fit, together with cookies, into the 8 KB of headers that strict proxies allow. */
const LARGE_TOKEN = 2_048;

export interface Endpoint {
  path: string;
  query?: Record<string, string | undefined>;
}

/** The arguments for opening a WebSocket. */
export interface Opening {
  url: string;
  protocols: string[];
}

/** The server refused the token in exchange for a ticket. */
export class TokenRefused extends Error {}

/** An attempt failed on the client's side, before the server answered. */
export class DialError extends Error {
  constructor(
    readonly source: ConnectionFault['source'],
    cause: unknown,
  ) {
    const { message } = Object(cause) as { message?: unknown };
    super(String(message ?? cause), { cause });
  }
}

/** Builds the address and the credentials of a connection, and opens its socket. */
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
    if (socket === undefined) throw new TypeError('WebSocket takes a constructor');
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
   * Prepares a connection that resumes from the cursor.
   * @param failures failed attempts in a row: after each, a large token alternates between subprotocol and ticket
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
      return await inTime('The ticket request', this.patience, signal, async (signal) => {
        const response = await fetch(`${this.server}/api/v1/realtime/tickets`, { method: 'POST', headers, signal });
        if (response.status === 401) throw new TokenRefused();
        if (!response.ok) throw new Error(`The ticket request got ${response.status}`);
        return ((await response.json()) as { ticket: string }).ticket;
      });
    } catch (error) {
      throw error instanceof TokenRefused ? error : new DialError('ticket', error);
    }
  }
}

/** The server's HTTP address, without a trailing slash. */
export function serverOf(url: string | URL | undefined): string {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  const given = url ?? page;
  if (given === undefined) throw new TypeError('url takes an address: there is no page');
  const { protocol, host, pathname } = new URL(given, page);
  if (!/^(http|ws)s?:$/.test(protocol)) throw new TypeError(`url takes an http or ws address, got ${given}`);
  return `${protocol.replace('ws', 'http')}//${host}${pathname.replace(/\/+$/, '')}`;
}

/** Some proxies reject subprotocols with dots, which tokens contain. */
function base64Url(token: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(token));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
