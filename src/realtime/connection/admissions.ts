import type { Duplex } from 'node:stream';
import { HttpException, Injectable, Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { Environment } from '../../config/environment.js';
import { Lifecycle } from '../../config/lifecycle.js';
import { Broker } from '../broker/broker.js';
import { CLOSE, type Close, ConnectionRefusedError } from './close-code.js';
import { Connection } from './connection.js';
import { Quota } from './connection-limits.js';
import type { GuardedGateway } from './gateway-registry.js';
import type { Admission, Handshake } from './handshake.js';
import { Hub } from './hub.js';
import { join } from './join.js';

/** How long guards, subscription and history may take together before the client is sent away to try again. */
const ADMISSION_DEADLINE_MS = 4_000;

/**
 * Brings a WebSocket from its handshake to a live connection: guards, then join. Until then nothing the client has sent is
 * read. Whatever goes wrong ends in a close code, and leaves nothing behind.
 */
@Injectable()
export class Admissions {
  private readonly logger = new Logger(Admissions.name);
  private readonly perUser: Quota;

  constructor(
    private readonly environment: Environment,
    private readonly lifecycle: Lifecycle,
    private readonly hub: Hub,
    private readonly broker: Broker,
  ) {
    this.perUser = new Quota(environment.ws.maxConnectionsPerUser);
  }

  /** Never rejects. */
  async admit(ws: WebSocket, socket: Duplex, gateway: GuardedGateway, handshake: Handshake): Promise<void> {
    ws.pause();
    ws.on('error', (error) => this.logger.debug(`A peer broke the protocol or its connection: ${error.message}`));
    const deadline = setTimeout(() => this.refuse(ws, CLOSE.unavailable), ADMISSION_DEADLINE_MS);
    ws.once('close', () => clearTimeout(deadline));
    try {
      handshake.onAuthenticated = (userId) => this.claimPlace(ws, userId);
      const admission = await gateway(handshake);
      if (ws.readyState !== ws.OPEN) return;
      await this.join(ws, socket, admission, handshake);
    } catch (error) {
      this.refuse(ws, this.closeFor(error));
    } finally {
      clearTimeout(deadline);
    }
  }

  private async join(ws: WebSocket, socket: Duplex, admission: Admission, handshake: Handshake): Promise<void> {
    const { principal, remoteAddress } = handshake;
    const connection = new Connection(ws, socket, principal, admission, remoteAddress, this.environment.ws);
    ws.once('close', () => this.hub.remove(connection));
    await join(connection, handshake.query.has('cursor'), this.hub, this.broker);
    // The drain may have looked for connections before this one was there.
    if (this.lifecycle.isDraining) connection.close(CLOSE.restarting);
  }

  private claimPlace(ws: WebSocket, userId: string): void {
    const place = this.perUser.claim(userId);
    if (place === null) throw new ConnectionRefusedError(CLOSE.tooManyConnections);
    if (ws.readyState === ws.CLOSED) place();
    else ws.once('close', place);
  }

  private refuse(ws: WebSocket, { code, reason }: Close): void {
    ws.close(code, reason);
    // A paused socket would never read the peer's answering close frame.
    ws.resume();
  }

  private closeFor(error: unknown): Close {
    if (error instanceof ConnectionRefusedError) return error.close;
    // What Nest throws when a guard returns false.
    if (error instanceof HttpException && error.getStatus() === 403) return CLOSE.forbidden;
    this.logger.error(`A connection could not be admitted: ${String(error)}`);
    return CLOSE.unavailable;
  }
}
