import { Injectable } from '@nestjs/common';
import type { Connection } from './connection.js';

/** Is told of every connection that goes live or ends. MUST NOT throw, and must not wait. */
export interface ConnectionObserver {
  entered(connection: Connection): void;
  left(connection: Connection): void;
}

/** The connections of this process that have been welcomed, until they are closed. */
@Injectable()
export class LiveConnections {
  private readonly byId = new Map<string, Connection>();
  private readonly observers: ConnectionObserver[] = [];

  get size(): number {
    return this.byId.size;
  }

  observe(observer: ConnectionObserver): void {
    this.observers.push(observer);
  }

  enter(connection: Connection): void {
    this.byId.set(connection.id, connection);
    for (const observer of this.observers) observer.entered(connection);
  }

  leave(connection: Connection): void {
    if (!this.byId.delete(connection.id)) return;
    for (const observer of this.observers) observer.left(connection);
  }

  find(connectionId: string): Connection | undefined {
    return this.byId.get(connectionId);
  }

  all(): IterableIterator<Connection> {
    return this.byId.values();
  }
}
