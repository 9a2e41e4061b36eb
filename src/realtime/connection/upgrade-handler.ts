import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import type { WebSocketServer } from 'ws';
import { Environment } from '../../config/environment.js';
import { Lifecycle } from '../../config/lifecycle.js';
import { isOriginAllowed } from '../../config/origin.js';
import { clientAddress, countedAddress } from '../../http/client-address.js';
import { Admissions } from './admissions.js';
import { Quota } from './quota.js';
import { findCredential } from './credentials.js';
import { GatewayRegistry } from './gateway-registry.js';
import { Handshake } from './handshake.js';
import { type HttpRefusal, refuseUpgrade } from './http-refusal.js';
import { serveAsPlainRequest } from './plain-request.js';

/** RFC 6455 section 4.1. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const RETRY_AFTER = { 'Retry-After': '5' };

/** Decides about each HTTP upgrade: everything that is refused before the WebSocket handshake is refused here. */
@Injectable()
export class UpgradeHandler {
  private readonly logger = new Logger(UpgradeHandler.name);
  private readonly survived = new WeakSet<Duplex>();
  private readonly all: Quota;
  private readonly perAddress: Quota;

  constructor(
    private readonly environment: Environment,
    private readonly lifecycle: Lifecycle,
    private readonly gateways: GatewayRegistry,
    private readonly admissions: Admissions,
  ) {
    this.all = new Quota(environment.ws.maxConnections);
    this.perAddress = new Quota(environment.ws.maxConnectionsPerAddress);
  }

  handle(
    httpServer: Server,
    webSocketServer: WebSocketServer,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void {
    this.survive(socket);
    if (socket.destroyed) return;
    if (!isWebSocketUpgrade(request)) {
      serveAsPlainRequest(httpServer, request, socket, head);
      return;
    }
    const [path, search] = splitTarget(request.url ?? '');
    const route = this.gateways.match(path);
    if (route === null) {
      refuseUpgrade(socket, { status: 404, detail: 'There is no WebSocket endpoint here' });
      return;
    }
    const remoteAddress = this.remoteAddress(request);
    const refusal = this.refusalOf(request) ?? this.claimPlaces(remoteAddress, socket);
    if (refusal !== null) {
      refuseUpgrade(socket, refusal);
      return;
    }
    const query = new URLSearchParams(search);
    const handshake = new Handshake(route.params, query, findCredential(request, query), remoteAddress);
    webSocketServer.handleUpgrade(request, socket, head, (ws) => {
      void this.admissions.admit(ws, socket, route.gateway, handshake);
    });
  }

  /** A peer may reset its connection at any moment; without a listener that would end the process. */
  private survive(socket: Duplex): void {
    // A plain request on a connection that is kept comes here again.
    if (this.survived.has(socket)) return;
    this.survived.add(socket);
    socket.on('error', (error) => this.logger.debug(`A connection was reset: ${error.message}`));
  }

  /** Flat early exits, cheapest first. */
  private refusalOf(request: IncomingMessage): HttpRefusal | null {
    if (request.method !== 'GET') return { status: 400, detail: 'A WebSocket handshake takes GET' };
    if (request.httpVersionMajor !== 1 || request.httpVersionMinor < 1) {
      return { status: 426, detail: 'A WebSocket handshake takes HTTP/1.1', headers: { Upgrade: 'websocket' } };
    }
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      return { status: 400, detail: 'Upgrade: takes websocket alone' };
    }
    if (request.headersDistinct.host?.length !== 1) return { status: 400, detail: 'Host: takes exactly one' };
    const key = request.headersDistinct['sec-websocket-key'] ?? [];
    if (key.length !== 1 || !KEY.test(key[0] ?? '')) {
      return { status: 400, detail: 'Sec-WebSocket-Key: takes 16 bytes as base64' };
    }
    if (request.headers['sec-websocket-version'] !== '13') {
      return {
        status: 426,
        detail: 'Sec-WebSocket-Version: takes 13',
        headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
      };
    }
    if (hasBody(request)) return { status: 400, detail: 'A WebSocket handshake takes no body' };
    const origins = request.headersDistinct.origin ?? [];
    if (origins.length > 1 || !origins.every((origin) => isOriginAllowed(origin, this.environment.allowedOrigins))) {
      return { status: 403, detail: 'This Origin is not allowed' };
    }
    if (this.lifecycle.isDraining) return { status: 503, detail: 'This node is shutting down', headers: RETRY_AFTER };
    return null;
  }

  /** The places come back when the socket closes. */
  private claimPlaces(remoteAddress: string, socket: Duplex): HttpRefusal | null {
    const place = this.all.claim('');
    if (place === null) return { status: 503, detail: 'This node is full', headers: RETRY_AFTER };
    socket.once('close', place);
    const placeOfAddress = this.perAddress.claim(countedAddress(remoteAddress));
    if (placeOfAddress === null) {
      return { status: 429, detail: 'Too many connections from this address', headers: RETRY_AFTER };
    }
    socket.once('close', placeOfAddress);
    return null;
  }

  private remoteAddress(request: IncomingMessage): string {
    return clientAddress(request, this.environment.trustProxy);
  }
}

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  const protocols = (request.headers.upgrade ?? '').split(',');
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}

/** Splits a request target at its first question mark. */
function splitTarget(target: string): [string, string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** A body would be read as frames by us and as a body by a proxy. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}
