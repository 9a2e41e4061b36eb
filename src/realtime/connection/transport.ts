import type { Writable } from 'node:stream';
import type { Close } from './close-code.js';

export type TransportKind = 'websocket' | 'sse';

/** What a transport tells its connection. */
export interface TransportListener {
  /** A message of the client. */
  message(data: Buffer, isBinary: boolean): void;
  /** The client has shown that it is alive, after `ping`. */
  pong(): void;
  /** A ping of the client's own. */
  ping(data: Buffer): void;
  /** The transport has closed itself, because the client violated the protocol. */
  violated(close: Close): void;
}

/** What a connection is made over. It reads nothing and writes nothing before the welcome. */
export interface Transport {
  readonly kind: TransportKind;
  /** Finished frames are written to it directly. */
  readonly sink: Writable;
  readonly isOpen: boolean;
  /** Sets the one listener. */
  listen(listener: TransportListener): void;
  /** Calls back once, when it is closed; at once if it already is. */
  whenClosed(run: () => void): void;
  /** Starts to read, where there is something to read. */
  resume?(): void;
  /** Asks the client for a sign of life. */
  ping(): void;
  /** Tells the client why, and closes. A client that doesn't react is cut off. Before the welcome it is a refusal. */
  close(close: Close): void;
  /** Cuts the client off. */
  terminate(): void;
}
