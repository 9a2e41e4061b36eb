import type { Connection } from '../connection/connection.js';
import type { Connections } from '../connection/connections.js';
import { type ConnectionFilter, type ConnectionRecord, ConnectionRegistry, recordOf } from './connection-registry.js';

/** The connections of a single process, read directly. */
export class MemoryConnectionRegistry extends ConnectionRegistry {
  constructor(
    private readonly connections: Connections,
    private readonly node: string,
  ) {
    super();
  }

  override list({ userId, orgId }: ConnectionFilter, after: string | null, limit: number): Promise<ConnectionRecord[]> {
    const fitting = [...this.connections.live()].filter(({ id }) => after === null || id > after);
    const records = fitting
      .map((connection) => recordOf(connection, this.node))
      .filter((each) => userId === null || each.user_id === userId)
      .filter((each) => orgId === null || each.org_id === orgId)
      .sort((a, b) => (a.connection_id < b.connection_id ? -1 : 1));
    return Promise.resolve(records.slice(0, limit));
  }

  override has(connectionId: string): Promise<boolean> {
    return Promise.resolve(this.findLive(connectionId) !== undefined);
  }

  private findLive(connectionId: string): Connection | undefined {
    const connection = this.connections.find(connectionId);
    return connection?.isLive === true ? connection : undefined;
  }
}
