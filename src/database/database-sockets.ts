import { Socket } from 'node:net';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Environment } from '../config/environment.js';

/** What the jobs that outlast the grace take to be given back. Cut before, they would count as failed. */
const HANDOVER_MS = 250;

/**
 * The connections to the Postgres server, below what speaks over them. When the grace of a shutdown is over they are cut: a server
 * that hangs would answer neither the queries under way nor the good-bye, and the process wait for both.
 */
@Injectable()
export class DatabaseSockets implements OnModuleDestroy {
  private readonly open = new Set<Socket>();
  private isCut = false;

  constructor(private readonly environment: Environment) {}

  /** For `pg`, which connects it at once. */
  readonly create = (): Socket => {
    const socket = new Socket();
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    // Who has waited for a connection that was cut gets no better one.
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
