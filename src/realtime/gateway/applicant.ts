import { CLOSE, type Close } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionLog } from '../connection/connection-log.js';
import type { Transport } from '../connection/transport.js';
import type { Handshake } from './handshake.js';
import type { Occupant, UserPlace } from './user-places.js';

/**
 * A client from its handshake on. Once it is a connection, nothing keeps the handshake, whose token would otherwise stay
 * in memory for as long as the connection: so closures hold this, never the handshake.
 */
export class Applicant implements Occupant {
  private joined: Connection | null = null;
  private place: UserPlace | null = null;
  private deadline: NodeJS.Timeout | null;
  private hasEnded = false;

  /** @param deadlineMs when to give up its admission */
  constructor(
    private readonly transport: Transport,
    private handshake: Handshake | null,
    private readonly log: ConnectionLog,
    deadlineMs: number,
  ) {
    this.deadline = setTimeout(() => this.refuse(CLOSE.unavailable), deadlineMs);
  }

  /** The connection that it has become; null before. */
  get connection(): Connection | null {
    return this.joined;
  }

  /** @param claim throws if there is no place left */
  occupies(claim: () => UserPlace): void {
    // Several guards may authenticate it.
    this.place?.leave();
    this.place = claim();
    if (this.hasEnded) this.place.leave();
  }

  /** From now on it is this connection. */
  became(connection: Connection): void {
    this.joined = connection;
  }

  admitted(): void {
    this.decided();
    if (this.transport.isOpen) this.place?.admitted();
    this.handshake = null;
  }

  /** There is no more deadline, as it was admitted or refused. */
  decided(): void {
    if (this.deadline !== null) clearTimeout(this.deadline);
    this.deadline = null;
  }

  /** Called when the transport is closed. */
  ended(): void {
    this.hasEnded = true;
    this.decided();
    this.place?.leave();
  }

  refuse(close: Close): void {
    if (!this.transport.isOpen || this.handshake === null) return;
    const { knownPrincipal: principal, remoteAddress } = this.handshake;
    this.log.refused(close, { principal, remoteAddress });
    this.transport.close(close);
  }

  dismiss(): void {
    if (this.joined === null) this.refuse(CLOSE.tooManyConnections);
    else this.joined.close(CLOSE.tooManyConnections);
  }

  cut(): void {
    this.transport.terminate();
  }
}
