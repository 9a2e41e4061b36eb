import type { ServerResponse } from 'node:http';
import type { Close } from './close-code.js';
import type { Transport, TransportListener } from './transport.js';

/** How long a client may take to read its close event before it is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
/** The longest delay before a client reconnects after a restart; random, so that not all come at once. */
const SPREAD_MS = 5_000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  // Otherwise nginx would hold events back.
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};

/**
 * The answer to a request for server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Its
 * client sends nothing.
 */
export class SseTransport implements Transport {
  readonly kind = 'sse';
  private isClosing = false;
  private listener: TransportListener | undefined;

  /** @param refuse answers the request by HTTP instead */
  constructor(
    readonly sink: ServerResponse,
    private readonly refuse: (close: Close) => void,
  ) {}

  get isOpen(): boolean {
    return !this.isClosing && !this.sink.closed && !this.sink.destroyed;
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
    this.sink.writeHead(200, HEADERS);
    this.sink.write(`retry: ${randomDelay()}\n\n`);
  }

  whenClosed(run: () => void): void {
    if (this.sink.closed) run();
    else this.sink.once('close', run);
  }

  /**
   * A comment. That this machine's system has taken it counts as a sign of life: a client that is gone without a word is
   * noticed when TCP gives up, after a quarter of an hour on Linux.
   */
  ping(): void {
    this.sink.write(': ping\n\n', (error) => {
      if (error == null) this.listener?.pong();
    });
  }

  close(close: Close): void {
    if (!this.isOpen) return;
    this.isClosing = true;
    if (!this.sink.headersSent) {
      this.refuse(close);
      return;
    }
    this.sink.end(`retry: ${randomDelay()}\nevent: close\ndata: ${JSON.stringify(close)}\n\n`);
    const timeout = setTimeout(() => this.sink.destroy(), CLOSE_TIMEOUT_MS).unref();
    this.sink.once('close', () => clearTimeout(timeout));
  }

  terminate(): void {
    this.isClosing = true;
    this.sink.destroy();
  }
}

function randomDelay(): number {
  return Math.round(Math.random() * SPREAD_MS);
}
