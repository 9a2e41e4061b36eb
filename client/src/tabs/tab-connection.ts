import type { Connection, ConnectionState, NotificationFrames, OrgFrames } from '../connection.js';

export type Frames = NotificationFrames | OrgFrames;

/** Opens a connection that resumes from the cursor, if one is given. */
export type Connect<F extends Frames> = (cursor?: string) => Connection<F>;

/** Receives everything, with its name. */
export type TabListener = (name: string, value: unknown) => void;

/** What a page needs from a connection, its own or another tab's. */
export interface TabConnection {
  readonly state: ConnectionState;
  listen(listener: TabListener): () => void;
  /** Connects or reconnects now, even after the server closed the connection for good. */
  reconnect(): void;
  close(): void;
}
