import type { Connection } from './connection.js';

/** The connections of this process, found by their own id and by their user's. */
export class ConnectionIndex {
  private readonly byId = new Map<string, Connection>();
  private readonly byUser = new Map<string, Set<Connection>>();

  get size(): number {
    return this.byId.size;
  }

  add(connection: Connection): void {
    const { userId } = connection.principal;
    this.byId.set(connection.id, connection);
    const ofUser = this.byUser.get(userId);
    if (ofUser === undefined) this.byUser.set(userId, new Set([connection]));
    else ofUser.add(connection);
  }

  remove(connection: Connection): void {
    const { userId } = connection.principal;
    this.byId.delete(connection.id);
    const ofUser = this.byUser.get(userId);
    if (ofUser?.delete(connection) === true && ofUser.size === 0) this.byUser.delete(userId);
  }

  find(connectionId: string): Connection | undefined {
    return this.byId.get(connectionId);
  }

  /** In no order. A copy: who goes through it may close them. */
  ofUser(userId: string): Connection[] {
    return [...(this.byUser.get(userId) ?? [])];
  }

  all(): IterableIterator<Connection> {
    return this.byId.values();
  }
}
