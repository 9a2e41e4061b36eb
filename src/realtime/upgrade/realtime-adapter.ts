import type { Server } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { type ServerOptions, WebSocketServer } from 'ws';
import { Environment } from '../../config/environment.js';
import { PendingAnswers } from '../../http/pending-answers.js';
import { selectProtocol } from '../gateway/credentials.js';
import { GatewayRegistry } from '../gateway/gateway-registry.js';
import { REFUSAL } from './http-refusal.js';
import { Overload } from './overload.js';
import { ReasonedWebSocket } from './reasoned-web-socket.js';
import { Refusals } from './refusals.js';
import { UnreadableRequests } from './unreadable-requests.js';
import { type Door, UpgradeHandler } from './upgrade-handler.js';
import { upgradeRequired } from './upgrade-required.js';

/** How long a peer may take to answer a close frame before it is cut off: several round trips of a bad mobile link. */
const CLOSE_TIMEOUT_MS = 2_000;

/** `ws` options that its types don't have yet. */
interface BoundedServerOptions extends ServerOptions {
  maxFragments: number;
  maxBufferedChunks: number;
  closeTimeout: number;
}

/**
 * Nest's `ws` adapter with a door of our own: it takes every upgrade of the HTTP server, and hands it to `UpgradeHandler`.
 * Connections and messages are the engine's; Nest's message pipeline is not used.
 */
export class RealtimeAdapter extends WsAdapter {
  private readonly server: WebSocketServer;

  constructor(private readonly app: NestExpressApplication) {
    super(app);
    const { maxPayloadBytes } = app.get(Environment).ws;
    const options: BoundedServerOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxPayloadBytes,
      handleProtocols: selectProtocol,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // As many as an honest client needs, whose fragments have 1 KiB and whose network's packets carry 256 bytes, or more.
      maxFragments: Math.max(64, Math.ceil(maxPayloadBytes / 1_024)),
      maxBufferedChunks: Math.max(1_024, Math.ceil(maxPayloadBytes / 256)),
      // Connections answer pings themselves, within the rate limit and the limit of what a peer may owe.
      autoPong: false,
    };
    this.server = new WebSocketServer({ ...options, WebSocket: ReasonedWebSocket });
    app.use(upgradeRequired(this.get(GatewayRegistry), this.get(Refusals)));
  }

  /** One server serves the paths of all gateways. */
  override create(port: number): WebSocketServer {
    this.ensureHttpServerExists(port, this.app.getHttpServer());
    return this.server;
  }

  /** Connections don't enter Nest's pipeline. */
  override bindClientConnect(): void {}

  protected override ensureHttpServerExists(port: number, httpServer: Server): Server | undefined {
    if (this.httpServersRegistry.has(port)) return undefined;
    this.httpServersRegistry.set(port, httpServer);
    const answers = new PendingAnswers(httpServer);
    const door: Door = { http: httpServer, webSocket: this.server, answers };
    const upgrades = this.get(UpgradeHandler);
    const unreadable = this.get(UnreadableRequests);
    httpServer.on('upgrade', (request, socket, head) => upgrades.handle(door, request, socket, head));
    httpServer.on('connect', (request, socket) => upgrades.refuseTunnel(request, socket));
    // The sockets of a server without TLS are these.
    httpServer.on('clientError', (error, socket) => unreadable.handle(error, socket as Socket, answers));
    const refusals = this.get(Refusals);
    httpServer.on('drop', (data?: DropArgument) => refusals.note(REFUSAL.full, data?.remoteAddress ?? ''));
    httpServer.on('dropRequest', (_, socket) =>
      refusals.note(REFUSAL.tooManyAhead, (socket as Socket).remoteAddress ?? ''),
    );
    this.get(Overload).watch();
    return httpServer;
  }

  private get<T>(type: Type<T>): T {
    return this.app.get(type, { strict: false });
  }

  /** Connections were closed by the drain, before Nest gets here. */
  override close(): Promise<void> {
    return Promise.resolve();
  }
}
