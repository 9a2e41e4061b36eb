import type { Duplex } from 'node:stream';
import { HttpException, Injectable, Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { TokenVerifier } from '../../auth/token-verifier.js';
import { Environment } from '../../config/environment.js';
import { Lifecycle } from '../../config/lifecycle.js';
import { QuietErrorLog } from '../../config/quiet-error-log.js';
import { Broker } from '../broker/broker.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { CLOSE, type Close, ConnectionRefusedError } from './close-code.js';
import { Connection, type ConnectionContext } from './connection.js';
import { Quota } from './quota.js';
import type { GuardedGateway } from './gateway-registry.js';
import type { Handshake } from './handshake.js';
import { Hub } from './hub.js';
import { join, type JoinContext } from './join.js';
import { LiveConnections } from './live-connections.js';

/** How long guards, subscription and history may take together before the client is sent away to try again. */
const ADMISSION_DEADLINE_MS = 4_000;

/**
 * Brings a WebSocket from its handshake to a live connection: guards, then join. Until then nothing the client has sent is
 * read. Whatever goes wrong ends in a close code, and leaves nothing behind.
 */
@Injectable()
export class Admissions {
  private readonly logger = new Logger(Admissions.name);
  private readonly failures = new QuietErrorLog(this.logger, 'A connection could not be admitted');
  private readonly perUser: Quota;
  private readonly connectionContext: ConnectionContext;
  private readonly joinContext: JoinContext;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly hub: Hub,
    private readonly live: LiveConnections,
    private readonly metrics: RealtimeMetrics,
    broker: Broker,
    verifier: TokenVerifier,
    environment: Environment,
  ) {
    this.connectionContext = { settings: environment.ws, metrics, verifier };
    this.joinContext = { hub, broker, historySize: environment.history.size };
    this.perUser = new Quota(environment.ws.maxConnectionsPerUser);
  }

  /** Never rejects. */
  async admit(ws: WebSocket, socket: Duplex, gateway: GuardedGateway, handshake: Handshake): Promise<void> {
    ws.pause();
    ws.on('error', (error) => this.logger.debug(`A peer broke the protocol or its connection: ${error.message}`));
    const deadline = setTimeout(() => this.refuse(ws, handshake, CLOSE.unavailable), ADMISSION_DEADLINE_MS);
    ws.once('close', () => clearTimeout(deadline));
    try {
      handshake.onAuthenticated = (userId) => this.claimPlace(ws, userId);
      const admission = await gateway.admit(handshake);
      if (ws.readyState !== ws.OPEN) return;
      const connection = new Connection(ws, socket, handshake, gateway, admission, this.connectionContext);
      ws.once('close', () => this.hub.remove(connection));
      const start = await join(connection, handshake.query.getAll('cursor'), this.joinContext);
      clearTimeout(deadline);
      if (start.resumed !== null) this.metrics.resumes.inc({ result: start.resumed ? 'complete' : 'incomplete' });
      await connection.welcome(start);
      if (connection.isOpen) this.enter(connection, ws);
      // The drain may have looked for connections before this one was there.
      if (this.lifecycle.isDraining) connection.close(CLOSE.restarting);
    } catch (error) {
      this.refuse(ws, handshake, this.closeFor(error));
    } finally {
      clearTimeout(deadline);
    }
  }

  private enter(connection: Connection, ws: WebSocket): void {
    ws.once('close', () => this.live.leave(connection));
    this.live.enter(connection);
  }

  private claimPlace(ws: WebSocket, userId: string): void {
    const place = this.perUser.claim(userId);
    if (place === null) throw new ConnectionRefusedError(CLOSE.tooManyConnections);
    if (ws.readyState === ws.CLOSED) place();
    else ws.once('close', place);
  }

  private refuse(ws: WebSocket, { remoteAddress }: Handshake, close: Close): void {
    if (ws.readyState !== ws.OPEN) return;
    this.logger.log(`Refused a connection from ${remoteAddress}: ${close.code} ${close.reason}`);
    this.metrics.closed(close);
    ws.close(close.code, close.reason);
    // A paused socket would never read the peer's answering close frame.
    ws.resume();
  }

  private closeFor(error: unknown): Close {
    if (error instanceof ConnectionRefusedError) return error.close;
    // What guards of the application throw, and Nest for one that returns false.
    if (error instanceof HttpException && error.getStatus() === 401) return CLOSE.tokenInvalid;
    if (error instanceof HttpException && error.getStatus() === 403) return CLOSE.forbidden;
    this.failures.report(error instanceof Error ? error : new Error(String(error)));
    return CLOSE.unavailable;
  }
}
