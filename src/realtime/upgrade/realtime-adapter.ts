import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { type ServerOptions, WebSocketServer } from 'ws';
import { RealtimeSettings } from '../settings.js';
import { PendingAnswers } from './pending-answers.js';
import { selectProtocol } from '../gateway/credentials.js';
import { GatewayRegistry } from '../gateway/gateway-registry.js';
import { EventStreams } from './event-streams.js';
import { REFUSAL } from './http-refusal.js';
import { Overload } from './overload.js';
import { ReasonedWebSocket } from './reasoned-web-socket.js';
import { Refusals } from './refusals.js';
import { UnreadableRequests } from './unreadable-requests.js';
import { type Door, UpgradeHandler } from './upgrade-handler.js';
import { upgradeRequired } from './upgrade-required.js';

/** How long a peer may take to answer a close frame before it is cut off: several round trips on a bad mobile link. */
const CLOSE_TIMEOUT_MS = 2_000;

/** `ws` options that its types lack. */
interface BoundedServerOptions extends ServerOptions {
  maxFragments: number;
  maxBufferedChunks: number;
  closeTimeout: number;
}

/**
 * Nest's `ws` adapter, but with every upgrade of the HTTP server handled by `UpgradeHandler`. The engine handles
 * connections and messages; Nest's message pipeline is not used.
 */
export class RealtimeAdapter extends WsAdapter {
  private readonly server: WebSocketServer;

  constructor(private readonly app: INestApplication) {
    super(app);
    const { maxPayloadBytes } = app.get(RealtimeSettings, { strict: false }).limits;
    const options: BoundedServerOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxPayloadBytes,
      handleProtocols: selectProtocol,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // Enough for an honest client, whose fragments have at least 1 KiB and whose packets carry at least 256 bytes.
      maxFragments: Math.max(64, Math.ceil(maxPayloadBytes / 1_024)),
      maxBufferedChunks: Math.max(1_024, Math.ceil(maxPayloadBytes / 256)),
      // `Connection` answers pings itself, within the rate limit and the buffer limit.
      autoPong: false,
    };
    this.server = new WebSocketServer({ ...options, WebSocket: ReasonedWebSocket });
    const streams = this.get(EventStreams);
    app.use((request: IncomingMessage, response: ServerResponse, next: () => void) =>
      streams.handle(request, response, next),
    );
    app.use(upgradeRequired(this.get(GatewayRegistry), this.get(Refusals)));
  }

  /** One server serves the paths of all gateways. */
  override create(port: number): WebSocketServer {
    this.ensureHttpServerExists(port, this.app.getHttpServer() as Server);
    return this.server;
  }

  /** Keeps connections out of Nest's pipeline. */
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
    // Sockets of a server without TLS are of this type.
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

  /** The drain has already closed the connections. */
  override close(): Promise<void> {
    return Promise.resolve();
  }
}
