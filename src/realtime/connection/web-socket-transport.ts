import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { type Close, closeForViolation } from './close-code.js';
import type { Transport, TransportListener } from './transport.js';

const logger = new Logger('WebSocketTransport');

/** A WebSocket of `ws`. Frames are written to its socket, past `ws`. */
export class WebSocketTransport implements Transport {
  readonly kind = 'websocket';

  /** @param sink the socket of `ws` */
  constructor(
    private readonly ws: WebSocket,
    readonly sink: Duplex,
  ) {
    ws.pause();
    // Without a listener, a peer's violation would end the process.
    ws.on('error', (error) => logger.debug(`Protocol error or broken connection: ${error.message}`));
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  listen(listener: TransportListener): void {
    // `nodebuffer` is ws's default binaryType.
    this.ws.on('message', (data, isBinary) => listener.message(data as Buffer, isBinary));
    this.ws.on('ping', (data) => listener.ping(data));
    this.ws.on('pong', () => listener.pong());
    this.ws.on('error', (error) => {
      const close = closeForViolation(error);
      if (close !== null) listener.violated(close);
    });
  }

  whenClosed(run: () => void): void {
    if (this.ws.readyState === this.ws.CLOSED) run();
    else this.ws.once('close', run);
  }

  resume(): void {
    this.ws.resume();
  }

  ping(): void {
    this.ws.ping();
  }

  /** A peer that doesn't answer the close frame is cut off after the server's close timeout. */
  close(close: Close): void {
    this.ws.close(close.code, close.reason);
    // A paused socket would never read the peer's answering close frame.
    this.ws.resume();
  }

  terminate(): void {
    this.ws.terminate();
  }
}
