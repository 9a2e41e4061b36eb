import { CLOSE, type Close } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionLog } from '../connection/connection-log.js';
import type { Transport } from '../connection/transport.js';
import type { Handshake } from './handshake.js';
import type { Occupant } from './user-places.js';

/**
 * A client from its handshake on. Once it is a connection, nothing keeps the handshake, whose token would otherwise stay
 * in memory for as long as the connection: so closures hold this, never the handshake.
 */
export class Applicant implements Occupant {
  private connection: Connection | null = null;

  constructor(
    private readonly transport: Transport,
    private handshake: Handshake | null,
    private readonly log: ConnectionLog,
  ) {}

  /** From now on it is this connection. */
  became(connection: Connection): void {
    this.connection = connection;
  }

  admitted(): void {
    this.handshake = null;
  }

  refuse(close: Close): void {
    if (!this.transport.isOpen || this.handshake === null) return;
    const { knownPrincipal: principal, remoteAddress } = this.handshake;
    this.log.refused(close, { principal, remoteAddress });
    this.transport.close(close);
  }

  dismiss(): void {
    if (this.connection === null) this.refuse(CLOSE.tooManyConnections);
    else this.connection.close(CLOSE.tooManyConnections);
  }

  cut(): void {
    this.transport.terminate();
  }
}
