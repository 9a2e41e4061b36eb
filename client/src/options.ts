/**
 * Why a token is requested. `connect`: a cached one will do. `expiring`: the connection's token expires soon. `refused`: the server
 * refused the last one.
 */
export type TokenReason = 'connect' | 'expiring' | 'refused';

export interface TokenRequest {
  reason: TokenReason;
  /** Aborts when the token is no longer needed, or on the timeout. */
  signal: AbortSignal;
}

/** The fields of WebSocket events that the client reads. */
interface SocketEvent {
  type: string;
  data?: unknown;
  code?: number;
  reason?: string;
  /** On errors, outside browsers. */
  message?: string;
}

/** The part of WebSocket that a connection uses. The browser's and that of the `ws` package fit. */
export interface Socket {
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void;
  send(text: string): void;
  close(code?: number): void;
  /** In `ws`: closes without waiting for the server. */
  terminate?(): void;
}

export interface ClientOptions {
  /** The server, such as `https://herald.example.com`; the page's own by default. */
  url?: string | URL;
  /** Returns the user's access token. Called for each connection, so cache the token while it is valid. */
  getToken: (request: TokenRequest) => string | Promise<string>;
  /**
   * How the token reaches the server. `ticket` buys a ticket for each connection; only `query` puts the token into a URL. By default
   * it goes as a subprotocol, or by ticket if the token is large and a handshake was refused.
   */
  credential?: 'subprotocol' | 'ticket' | 'query';
  /** Closes the connection. */
  signal?: AbortSignal;
  /** The WebSocket constructor, for platforms without one: in Node 20 that of `ws`. */
  WebSocket?: new (url: string, protocols: string[]) => Socket;
  /** The cursor of an earlier connection, to resume from. */
  cursor?: string;
  /** Milliseconds between two pings. */
  pingInterval?: number;
  /** Milliseconds without an answer after which the link counts as dead. Tokens and tickets may take twice as long. */
  answerTimeout?: number;
}

export interface ConnectOptions extends ClientOptions {
  /** Further parameters of the URL's query. */
  query?: Record<string, string | undefined>;
}

export interface OrgEventsOptions extends ClientOptions {
  /** Ask for presence frames. */
  presence?: boolean;
}
