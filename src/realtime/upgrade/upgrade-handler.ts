import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import type { WebSocketServer } from 'ws';
import { RealtimeSettings } from '../settings.js';
import { Lifecycle } from '../support/lifecycle.js';
import { isOriginAllowed } from '../support/origin.js';
import { clientAddress } from '../support/client-address.js';
import { PendingAnswers } from './pending-answers.js';
import { Admissions } from '../gateway/admissions.js';
import { findCredential } from '../gateway/credentials.js';
import { GatewayRegistry } from '../gateway/gateway-registry.js';
import { brokenRuleOf, isWebSocketUpgrade } from './handshake-rules.js';
import { Handshake } from '../gateway/handshake.js';
import { type HttpRefusal, REFUSAL } from './http-refusal.js';
import { Overload } from './overload.js';
import { Places } from './places.js';
import { serveAsPlainRequest } from './plain-request.js';
import { Refusals } from './refusals.js';

const MAX_SHOWN_LENGTH = 200;

/** Where an upgrade arrives: the HTTP server, its WebSocket server, and the answers pending on its sockets. */
export interface Door {
  http: Server;
  webSocket: WebSocketServer;
  answers: PendingAnswers;
}

/** Decides on each HTTP upgrade: every refusal before the WebSocket handshake is made here. */
@Injectable()
export class UpgradeHandler {
  private readonly logger = new Logger(UpgradeHandler.name);
  private readonly survived = new WeakSet<Duplex>();

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly lifecycle: Lifecycle,
    private readonly gateways: GatewayRegistry,
    private readonly admissions: Admissions,
    private readonly places: Places,
    private readonly overload: Overload,
    private readonly refusals: Refusals,
  ) {}

  /** Handles the `upgrade` event of an HTTP server. */
  handle(door: Door, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.survive(socket);
    const pending = door.answers.to(socket);
    if (pending !== undefined) {
      // Pipelined behind requests that are still being answered: this answer must not overtake theirs.
      socket.pause();
      pending.once('close', () => this.handle(door, request, socket, head));
      return;
    }
    if (socket.destroyed) return;
    if (isWebSocketUpgrade(request)) this.handleWebSocket(door, request, socket, head);
    else serveAsPlainRequest(door.http, request, socket, head);
  }

  /** Handles the `connect` event: the client treats this server as a proxy. */
  refuseTunnel(request: IncomingMessage, socket: Duplex): void {
    this.survive(socket);
    this.refusals.refuse(socket, REFUSAL.method, this.remoteAddress(request));
  }

  private handleWebSocket(door: Door, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const remoteAddress = this.remoteAddress(request);
    const refuse = (refusal: HttpRefusal): void => this.refusals.refuse(socket, refusal, remoteAddress, request.method);
    const [path, search] = splitTarget(request.url ?? '');
    const route = this.gateways.match(path);
    if (route === null) {
      refuse(REFUSAL.unknownPath);
      return;
    }
    const refusal = brokenRuleOf(request) ?? this.foreignOrigin(request) ?? this.unwillingness();
    if (refusal !== null) {
      refuse(refusal);
      return;
    }
    const place = this.places.claim(remoteAddress);
    if ('refusal' in place) {
      refuse(place.refusal);
      return;
    }
    socket.once('close', place.leave);
    // URLSearchParams strips one leading question mark, which must not be the client's.
    const query = new URLSearchParams(`?${search}`);
    const handshake = new Handshake(route.params, query, findCredential(request, query), remoteAddress);
    let admission: Promise<void> | undefined;
    door.webSocket.handleUpgrade(request, socket, head, (ws) => {
      admission = this.admissions.admit(ws, socket, route.gateway, handshake);
    });
    // Undefined if the peer has already disconnected.
    void (admission ?? Promise.resolve()).finally(place.admitted);
  }

  private foreignOrigin({ headersDistinct }: IncomingMessage): HttpRefusal | null {
    const origins = headersDistinct.origin ?? [];
    const areAllowed = origins.every((origin) => isOriginAllowed(origin, this.settings.allowedOrigins));
    if (origins.length <= 1 && areAllowed) return null;
    const shown = origins.length === 1 ? shownOrigin(origins[0] ?? '') : null;
    return shown === null
      ? REFUSAL.origin
      : { ...REFUSAL.origin, why: `allowedOrigins (ALLOWED_ORIGINS) doesn't have ${shown}` };
  }

  private unwillingness(): HttpRefusal | null {
    if (this.lifecycle.isDraining) return REFUSAL.draining;
    return this.overload.isOverloaded ? REFUSAL.overloaded : null;
  }

  /** A peer may reset its connection at any moment; without a listener that would end the process. */
  private survive(socket: Duplex): void {
    // A socket served as a plain request can come here again.
    if (this.survived.has(socket)) return;
    this.survived.add(socket);
    socket.on('error', (error) => this.logger.debug(`A connection was reset: ${error.message}`));
  }

  private remoteAddress(request: IncomingMessage): string {
    return clientAddress(request, this.settings.trustProxy);
  }
}

/** Null unless it is an origin that a browser could send: the log must not repeat arbitrary client input. */
function shownOrigin(origin: string): string | null {
  return origin.length <= MAX_SHOWN_LENGTH && URL.parse(origin)?.origin === origin ? origin : null;
}

/** Splits a request target at its first question mark. */
function splitTarget(target: string): [string, string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}
