import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';

/** A connection as other nodes know it. */
export interface ConnectionRecord {
  connection_id: string;
  user_id: string;
  /** The gateway's name. */
  endpoint: string;
  /** Null for a user's notifications. */
  org_id: string | null;
  /** The process that the client is connected to. */
  node: string;
  connected_at: string;
  expires_at: string;
  remote_address: string;
  /** Frames sent, their bytes, and bytes not yet taken by the client; seconds old for connections of other nodes. */
  sent: number;
  sent_bytes: number;
  buffered_bytes: number;
}

export interface ConnectionFilter {
  userId: string | null;
  orgId: string | null;
}

/** Lists the live connections of all nodes. Those of a killed node disappear when its lease expires. */
export abstract class ConnectionRegistry {
  /**
   * The connections after a given one, ordered by id and so by the time they connected.
   * @param after a connection's id; null: from the first on
   * @throws {UnavailableError}
   */
  abstract list(filter: ConnectionFilter, after: string | null, limit: number): Promise<ConnectionRecord[]>;

  /** @throws {UnavailableError} */
  abstract has(connectionId: string): Promise<boolean>;
}

export function recordOf(connection: Connection, node: string): ConnectionRecord {
  const { id, principal, admission, connectedAt, remoteAddress, sent, sentBytes, bufferedBytes } = connection;
  return {
    connection_id: id,
    user_id: principal.userId,
    endpoint: admission.endpoint,
    org_id: orgOf(connection),
    node,
    connected_at: connectedAt.toISOString(),
    expires_at: principal.expiresAt.toISOString(),
    remote_address: remoteAddress,
    sent,
    sent_bytes: sentBytes,
    buffered_bytes: bufferedBytes,
  };
}

/** The organization whose events a connection receives. */
export function orgOf({ admission: { channel } }: Connection): string | null {
  return channel.kind === 'org' ? channel.id : null;
}

/** Names this process among all nodes. A restarted process is a new node. */
@Injectable()
export class NodeName {
  /** Safe in Redis keys and hash tags. */
  readonly text = `${hostname().replace(/[^\w.-]/g, '-')}-${process.pid}-${randomBytes(4).toString('hex')}`;
}
