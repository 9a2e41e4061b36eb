import type { Connection, ConnectionState } from '../connection.js';
import type { Connect, Frames, TabConnection, TabListener } from './tab-connection.js';

const NAMES = ['state', 'welcome', 'refetch', 'error', 'notification', 'inbox', 'event', 'presence'] as const;

/** The page's own connection. It can be reopened after the server closed it for good, as access may have been granted since. */
export class OwnConnection<F extends Frames> implements TabConnection {
  private readonly listeners = new Set<TabListener>();
  private connection: Connection<F>;
  private isClosed = false;

  constructor(
    private readonly connect: Connect<F>,
    cursor?: string,
  ) {
    this.connection = this.open(cursor);
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  listen(listener: TabListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  reconnect(): void {
    if (this.isClosed) return;
    if (this.state.status !== 'closed') {
      this.connection.reconnect();
      return;
    }
    this.connection = this.open(this.state.cursor);
    this.tell('state', this.state);
  }

  close(): void {
    this.isClosed = true;
    // This page closes the connection itself, so its listeners need not hear of it.
    this.listeners.clear();
    this.connection.close();
  }

  private open(cursor?: string): Connection<F> {
    const connection = this.connect(cursor);
    for (const name of NAMES) {
      // Listeners for names that this endpoint lacks are never called.
      connection.on(name as keyof F, (value) => {
        if (connection === this.connection) this.tell(name, value);
      });
    }
    return connection;
  }

  private tell(name: string, value: unknown): void {
    for (const listener of [...this.listeners]) listener(name, value);
  }
}
