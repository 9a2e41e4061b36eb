import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Environment } from '../config/environment.js';
import { oneAtATime, type RequestDropped } from './one-at-a-time.js';

const LIMITS = {
  // Longer than the 60 s after which proxies close an idle connection, so that none sends a request while we close it.
  keepAliveTimeout: 65_000,
};

/** Connections beyond `WS_MAX_CONNECTIONS`, for HTTP requests and for answering that the node is full. */
const SPARE_CONNECTIONS = 1_024;

/**
 * Express on an HTTP server that limits the time and size of requests. Node's events `drop`, `dropRequest` and `clientError` report
 * what exceeds the limits.
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
      // With Node's default of 30 s, the two limits above would apply up to 30 s late.
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
 * Cuts every connection beyond the limit. Node's own `maxConnections` fails if several processes share the port: they pass the
 * excess connection around endlessly.
 */
function bound(server: Server, most: number): void {
  const open = new Set<Socket>();
  server.prependListener('connection', (socket) => {
    // Node emits the event again after removing an upgrade that we don't support from a request.
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
