import type { Connection, ConnectionState, NotificationFrames, OrgFrames } from '../connection.js';

export type Frames = NotificationFrames | OrgFrames;

/** Opens a connection, from a cursor on if one is given. */
export type Connect<F extends Frames> = (cursor?: string) => Connection<F>;

/** Is told of everything, each thing by its name. */
export type TabListener = (name: string, value: unknown) => void;

/** What a page needs of a connection: its own, or that of another tab. */
export interface TabConnection {
  readonly state: ConnectionState;
  listen(listener: TabListener): () => void;
  /** Connects now: instead of waiting, or anew, also after it was closed by the server for good. */
  reconnect(): void;
  close(): void;
}
