import { Socket } from 'node:net';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Environment } from '../config/environment.js';

/** Time to hand back jobs that outlast the grace period: cut earlier, they would count as failed. */
const HANDOVER_MS = 250;

/**
 * The sockets of the connections to Postgres. They are destroyed when a shutdown's grace period is over: otherwise, if the server
 * hangs, the process would wait for running queries and for the connections' end.
 */
@Injectable()
export class DatabaseSockets implements OnModuleDestroy {
  private readonly open = new Set<Socket>();
  private isCut = false;

  constructor(private readonly environment: Environment) {}

  /** For `pg`, which connects the socket at once. */
  readonly create = (): Socket => {
    const socket = new Socket();
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    // After the cut, queries waiting for a connection must not get a new one.
    if (this.isCut) setImmediate(() => this.cut());
    return socket;
  };

  onModuleDestroy(): void {
    setTimeout(() => this.cut(), this.environment.shutdownGraceMs + HANDOVER_MS).unref();
  }

  private cut(): void {
    this.isCut = true;
    for (const socket of this.open) socket.destroy();
  }
}
