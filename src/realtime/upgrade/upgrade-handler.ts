import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import type { WebSocketServer } from 'ws';
import { PendingAnswers } from './pending-answers.js';
import { WebSocketTransport } from '../connection/web-socket-transport.js';
import { Admissions } from '../gateway/admissions.js';
import { findCredential } from '../gateway/credentials.js';
import { GatewayRegistry } from '../gateway/gateway-registry.js';
import { Entrance } from './entrance.js';
import { brokenRuleOf, isWebSocketUpgrade } from './handshake-rules.js';
import { Handshake } from '../gateway/handshake.js';
import { type HttpRefusal, REFUSAL } from './http-refusal.js';
import { serveAsPlainRequest } from './plain-request.js';
import { Refusals } from './refusals.js';
import { splitTarget } from './target.js';

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
    private readonly gateways: GatewayRegistry,
    private readonly admissions: Admissions,
    private readonly entrance: Entrance,
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
    this.refusals.refuse(socket, REFUSAL.method, this.entrance.remoteAddress(request));
  }

  private handleWebSocket(door: Door, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const remoteAddress = this.entrance.remoteAddress(request);
    const refuse = (refusal: HttpRefusal): void => this.refusals.refuse(socket, refusal, remoteAddress, request.method);
    const [path, search] = splitTarget(request.url ?? '');
    const route = this.gateways.match(path);
    if (route === null) {
      refuse(REFUSAL.unknownPath);
      return;
    }
    const broken = brokenRuleOf(request) ?? this.entrance.foreignOrigin(request);
    if (broken !== null) {
      refuse(broken);
      return;
    }
    const place = this.entrance.enter(remoteAddress);
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
      admission = this.admissions.admit(new WebSocketTransport(ws, socket), route.gateway, handshake);
    });
    // Undefined if the peer has already disconnected.
    void (admission ?? Promise.resolve()).finally(place.admitted);
  }

  /** A peer may reset its connection at any moment; without a listener that would end the process. */
  private survive(socket: Duplex): void {
    // A socket served as a plain request can come here again.
    if (this.survived.has(socket)) return;
    this.survived.add(socket);
    socket.on('error', (error) => this.logger.debug(`A connection was reset: ${error.message}`));
  }
}
