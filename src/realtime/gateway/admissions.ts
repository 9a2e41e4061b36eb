import { HttpException, Injectable, Logger } from '@nestjs/common';
import type { Transport } from '../connection/transport.js';
import { Lifecycle } from '../support/lifecycle.js';
import { QuietErrorLog } from '../support/quiet-error-log.js';
import { Broker } from '../broker/broker.js';
import { RealtimeSettings } from '../settings.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { CLOSE, type Close, ConnectionRefusedError } from '../connection/close-code.js';
import { Connection, type ConnectionContext, type Start } from '../connection/connection.js';
import { Sending } from '../connection/sending.js';
import { ConnectionLog } from '../connection/connection-log.js';
import { Applicant } from './applicant.js';
import type { GuardedGateway } from './gateway-registry.js';
import type { Handshake } from './handshake.js';
import { Hub } from '../hub/hub.js';
import { join, type JoinContext } from '../hub/join.js';
import { Connections } from '../connection/connections.js';
import { Revocations } from '../hub/revocations.js';
import { type UserPlace, UserPlaces } from './user-places.js';

/**
 * Takes a client from its handshake to a live connection: guards, then join. Nothing that the client sends is read
 * before that. Any failure ends in a close code and leaves nothing behind.
 */
@Injectable()
export class Admissions {
  private readonly logger = new Logger(Admissions.name);
  private readonly failures = new QuietErrorLog(this.logger, 'Could not admit a connection');
  private readonly places: UserPlaces;
  private readonly deadlineMs: number;
  private readonly connectionContext: ConnectionContext;
  private readonly joinContext: JoinContext;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly hub: Hub,
    private readonly connections: Connections,
    private readonly revocations: Revocations,
    private readonly metrics: RealtimeMetrics,
    private readonly log: ConnectionLog,
    sending: Sending,
    broker: Broker,
    settings: RealtimeSettings,
  ) {
    this.deadlineMs = settings.timings.admissionMs;
    const { limits, tokenVerifier: verifier } = settings;
    this.connectionContext = { limits, log, verifier, sending, tally: metrics.tally };
    // Half for a page of history, half for the socket's buffer: together within the connection's buffer limit.
    const pageBytes = settings.limits.maxBufferedBytes / 2;
    this.joinContext = { hub, revocations, broker, historySize: settings.history.size, pageBytes };
    this.places = new UserPlaces(settings.limits.maxConnectionsPerUser, settings.limits.connectionLimitPolicy);
  }

  /** Resolves when the client is admitted or refused, not only once it has read what it has missed. Never rejects. */
  async admit(transport: Transport, gateway: GuardedGateway, handshake: Handshake): Promise<void> {
    const applicant = new Applicant(transport, handshake, this.log, this.deadlineMs);
    transport.whenClosed(() => this.ended(applicant));
    const admittedAt = this.revocations.now();
    try {
      handshake.onAuthenticated = (userId) => applicant.occupies(() => this.claimPlace(userId, applicant));
      const admission = await gateway.admit(handshake);
      if (!transport.isOpen) return;
      const joining = new Connection(transport, handshake, admission, admittedAt, this.connectionContext);
      applicant.became(joining);
      const start = await join(joining, handshake.cursors, this.joinContext);
      applicant.admitted();
      if (start.resumed !== null) this.metrics.resumes.inc({ result: start.resumed ? 'complete' : 'incomplete' });
      void this.welcome(joining, start);
    } catch (error) {
      applicant.refuse(this.closeFor(error));
    } finally {
      applicant.decided();
    }
  }

  /** Called once, when the client's transport is closed. */
  private ended(applicant: Applicant): void {
    applicant.ended();
    if (applicant.connection === null) return;
    applicant.connection.ended();
    this.hub.remove(applicant.connection);
  }

  /** Takes as long as the client needs to read what it has missed. Never rejects. */
  private async welcome(connection: Connection, start: Start): Promise<void> {
    try {
      await connection.welcome(start);
    } catch (error) {
      this.failures.report(error instanceof Error ? error : new Error(String(error)));
      connection.close(CLOSE.unavailable);
    }
    if (connection.isOpen) this.connections.goLive(connection);
    // The drain may have listed the connections before this one was added.
    if (this.lifecycle.isDraining) connection.close(CLOSE.restarting);
  }

  /** @throws {ConnectionRefusedError} */
  private claimPlace(userId: string, applicant: Applicant): UserPlace {
    const place = this.places.claim(userId, applicant);
    if (place === null) throw new ConnectionRefusedError(CLOSE.tooManyConnections);
    return place;
  }

  private closeFor(error: unknown): Close {
    if (error instanceof ConnectionRefusedError) return error.close;
    // Thrown by guards of the application, and by Nest for a guard that returns false.
    if (error instanceof HttpException && error.getStatus() === 401) return CLOSE.tokenInvalid;
    if (error instanceof HttpException && error.getStatus() === 403) return CLOSE.forbidden;
    this.failures.report(error instanceof Error ? error : new Error(String(error)));
    return CLOSE.unavailable;
  }
}
