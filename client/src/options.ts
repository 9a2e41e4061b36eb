/**
 * Why a token is wanted. `connect`: one that is still good will do. `expiring`: the connection's own ends soon. `refused`: the
 * server did not take the last one, or takes it no longer.
 */
export type TokenReason = 'connect' | 'expiring' | 'refused';

export interface TokenRequest {
  reason: TokenReason;
  /** Aborted when the token is no longer wanted: the connection has no more need of it, or has waited too long. */
  signal: AbortSignal;
}

/** What is read of the events of a WebSocket. */
interface SocketEvent {
  type: string;
  data?: unknown;
  code?: number;
  reason?: string;
  /** Of an error, outside of browsers. */
  message?: string;
}

/** What a connection needs of a WebSocket: that of browsers and of the package `ws` have it. */
export interface Socket {
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void;
  send(text: string): void;
  close(code?: number): void;
  /** Of `ws`: without waiting for the other side. */
  terminate?(): void;
}

export interface ClientOptions {
  /** The server, such as `https://herald.example.com`; that of the page where there is one. */
  url?: string | URL;
  /** Gives the user's access token. It is asked for each connection, so keep the token for as long as it is good. */
  getToken: (request: TokenRequest) => string | Promise<string>;
  /**
   * How the token goes to the server: `ticket` buys a ticket for each connection, and only `query` puts the token into a URL. By
   * default as a subprotocol, or by a ticket where it is large and the handshake was refused.
   */
  credential?: 'subprotocol' | 'ticket' | 'query';
  /** Closes the connection. */
  signal?: AbortSignal;
  /** The constructor to use where the platform has none: in Node 20 that of `ws`. */
  WebSocket?: new (url: string, protocols: string[]) => Socket;
  /** Where an earlier connection was, to go on from there. */
  cursor?: string;
  /** Milliseconds between two pings. */
  pingInterval?: number;
  /** Milliseconds to wait for an answer before the link is taken for dead. A token, or a ticket, may take twice that. */
  answerTimeout?: number;
}

export interface OrgEventsOptions extends ClientOptions {
  /** Ask for presence frames. */
  presence?: boolean;
}
