import type { Connection, ConnectionState } from '../connection.js';
import type { EventFrame, NotificationFrame } from '../frames.js';
import { Listeners } from '../listeners.js';
import type { Frames, TabConnection } from '../tabs/tab-connection.js';
import { Lease } from './lease.js';

/** A connection as components share it: it closes when the last of them is gone. */
export type SharedConnection<F extends Frames = Frames> = Pick<Connection<F>, 'state' | 'on' | 'reconnect'>;

const IDLE: ConnectionState = { status: 'connecting', reconnects: 0 };

/** An endpoint that is connected while something holds it. The object outlives its connections. */
export class LiveEndpoint<F extends Frames> implements SharedConnection<F> {
  private readonly listeners = new Listeners();
  private readonly lease = new Lease(
    () => this.open(),
    () => this.state.status === 'closed',
  );
  private connection: TabConnection | null = null;
  state = IDLE;

  constructor(private readonly connect: () => TabConnection) {}

  readonly on: Connection<F>['on'] = (name, listener, { signal } = {}) => this.listeners.add(name, listener, signal);

  readonly reconnect = (): void => this.connection?.reconnect();

  /** Keeps it connected until the returned function is called. */
  readonly retain = (): (() => void) => this.lease.take();

  /** Ends at once if nothing holds it. */
  expire(): void {
    this.lease.expire();
  }

  readonly snapshot = (): ConnectionState => this.state;

  /** Keeps it connected while listening to its state. */
  readonly subscribe = this.lease.holding((listener) => this.listeners.add('state', listener));

  private open(): () => void {
    const connection = (this.connection = this.connect());
    this.show(connection.state);
    const off = connection.listen((name, value) => {
      if (name === 'state') this.show(connection.state);
      else this.tell(name, value);
    });
    return () => {
      off();
      connection.close();
      this.connection = null;
      this.show(IDLE);
    };
  }

  private tell(name: string, value: unknown): void {
    this.listeners.tell(name, value);
    if (name === 'event') this.listeners.tell(`event:${(value as EventFrame).event_type}`, value);
    if (name === 'notification') {
      const { type } = (value as NotificationFrame).notification;
      if (type !== undefined) this.listeners.tell(`notification:${type}`, value);
    }
  }

  private show(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    this.listeners.tell('state', state);
  }
}
