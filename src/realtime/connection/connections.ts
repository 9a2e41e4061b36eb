import { Injectable } from '@nestjs/common';
import type { Connection } from './connection.js';

/** Called for every connection that goes live or ends. MUST NOT throw or wait. */
export interface ConnectionObserver {
  entered(connection: Connection): void;
  left(connection: Connection): void;
}

/**
 * The one table of this process's connections, from when they join their channels until they are closed. A connection
 * is live (`isLive`) once it was welcomed.
 */
@Injectable()
export class Connections {
  private readonly byId = new Map<string, Connection>();
  private readonly byUser = new Map<string, Set<Connection>>();
  private readonly observers: ConnectionObserver[] = [];

  get size(): number {
    return this.byId.size;
  }

  observe(observer: ConnectionObserver): void {
    this.observers.push(observer);
  }

  add(connection: Connection): void {
    const { userId } = connection.principal;
    this.byId.set(connection.id, connection);
    const ofUser = this.byUser.get(userId);
    if (ofUser === undefined) this.byUser.set(userId, new Set([connection]));
    else ofUser.add(connection);
  }

  goLive(connection: Connection): void {
    connection.isLive = true;
    for (const observer of this.observers) observer.entered(connection);
  }

  remove(connection: Connection): void {
    const { userId } = connection.principal;
    if (!this.byId.delete(connection.id)) return;
    const ofUser = this.byUser.get(userId);
    if (ofUser?.delete(connection) === true && ofUser.size === 0) this.byUser.delete(userId);
    if (!connection.isLive) return;
    connection.isLive = false;
    for (const observer of this.observers) observer.left(connection);
  }

  find(connectionId: string): Connection | undefined {
    return this.byId.get(connectionId);
  }

  /** A copy: the caller may close them. */
  ofUser(userId: string): Connection[] {
    return [...(this.byUser.get(userId) ?? [])];
  }

  all(): IterableIterator<Connection> {
    return this.byId.values();
  }

  *live(): Generator<Connection> {
    for (const connection of this.byId.values()) if (connection.isLive) yield connection;
  }
}
