import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Environment } from '../config/environment.js';
import { oneAtATime, type RequestDropped } from './one-at-a-time.js';

const LIMITS = {
  // Longer than the 60 s after which proxies give up an idle connection, so that none sends a request into our closing.
  keepAliveTimeout: 65_000,
};

/** Connections beyond `WS_MAX_CONNECTIONS`, for requests and for those who are told that the node is full. */
const SPARE_CONNECTIONS = 1_024;

/**
 * Express on an HTTP server that bounds how long and how much a client may take to say what it wants. What is beyond its limits
 * is told by the events that Node has for that: `drop`, `dropRequest`, `clientError`.
 */
export class BoundedExpressAdapter extends ExpressAdapter {
  constructor(private readonly environment: Environment) {
    super();
  }

  override initHttpServer(): void {
    const { requestHeadMs, requestMs } = this.environment.timings;
    const server = createServer({
      ...LIMITS,
      maxHeaderSize: this.environment.httpMaxHeaderBytes,
      headersTimeout: requestHeadMs,
      requestTimeout: requestMs,
      // Node's own 30 s would make the two above mean up to 30 s more.
      connectionsCheckingInterval: requestHeadMs / 10,
    });
    const drop: RequestDropped = (request, socket) => server.emit('dropRequest', request, socket);
    server.on('request', oneAtATime(this.getInstance<RequestListener>(), drop));
    const { maxConnections } = this.environment.ws;
    if (maxConnections > 0) bound(server, maxConnections + SPARE_CONNECTIONS);
    this.httpServer = server;
  }
}

/**
 * Cuts every connection beyond so many. Node's own `maxConnections` does not, where several processes share the port: the one
 * connection too many then goes round between them without an end.
 */
function bound(server: Server, most: number): void {
  const open = new Set<Socket>();
  server.prependListener('connection', (socket) => {
    // It comes once more when an upgrade that we don't know was taken out of its request.
    if (open.has(socket)) return;
    if (open.size >= most) {
      const { localAddress, remoteAddress } = socket;
      server.emit('drop', { localAddress, remoteAddress });
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}
