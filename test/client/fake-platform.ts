import { jest } from '@jest/globals';
import {
  type ClientOptions,
  connectNotifications,
  type Connection,
  type ConnectionFault,
  type NotificationFrames,
  type Socket,
} from '@herald/client';

type Listener = Parameters<Socket['addEventListener']>[1];

/** A WebSocket that a test controls. */
export class FakeSocket implements Socket {
  readonly sent: { type: string }[] = [];
  private readonly listeners = new Map<string, Listener>();

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.listeners.clear();
  }

  say(frame: object): void {
    this.listeners.get('message')?.({ type: 'message', data: JSON.stringify(frame) });
  }

  /** Welcomes the client with a token that expires in `seconds`; `now` is the server's clock, if it differs. */
  welcome(seconds = 3_600, now = Date.now()): void {
    const times = { expires_at: new Date(now + seconds * 1_000).toISOString(), timestamp: new Date(now).toISOString() };
    this.say({ type: 'connection.established', connection_id: 'c', user_id: 'alice', cursor: '0', ...times });
  }

  end(code: number, reason = ''): void {
    this.listeners.get('close')?.({ type: 'close', code, reason });
  }

  /** Fails it as on platforms that give a reason. */
  fail(message: string): void {
    this.listeners.get('error')?.({ type: 'error', message });
    this.end(1006);
  }
}

/** A connection in a browser whose clock, randomness, network and server a test controls. */
export class FakePlatform {
  /** The sockets that the connection has opened, newest last. */
  readonly sockets: FakeSocket[] = [];
  readonly faults: ConnectionFault[] = [];
  connection: Connection<NotificationFrames> | undefined;
  private readonly events = new EventTarget();
  private readonly navigator = { onLine: true };
  private readonly before = ['navigator', 'addEventListener'].map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );

  constructor() {
    jest.useFakeTimers();
    // Makes every delay the longest possible.
    jest.spyOn(Math, 'random').mockReturnValue(1);
    this.put('navigator', this.navigator);
    this.put('addEventListener', this.events.addEventListener.bind(this.events));
  }

  /** Creates a connection, and begins its first attempt. */
  async open(options: Partial<ClientOptions> = {}): Promise<void> {
    const { sockets } = this;
    const WebSocket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
    const connection = connectNotifications({
      url: 'https://herald.test',
      getToken: () => 'token',
      WebSocket,
      ...options,
    });
    connection.on('error', (fault) => this.faults.push(fault));
    this.connection = connection;
    await this.pass(0);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('Nothing was opened');
    return socket;
  }

  get state(): Connection<NotificationFrames>['state'] | undefined {
    return this.connection?.state;
  }

  pass(ms: number): Promise<void> {
    return jest.advanceTimersByTimeAsync(ms);
  }

  /** Like `pass`, with a server that answers pings. */
  async passAlive(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      await this.pass(Math.min(left, 5_000));
      this.socket.say({ type: 'pong' });
    }
  }

  /** What `navigator.onLine` says. */
  set isOnline(isOnline: boolean) {
    this.navigator.onLine = isOnline;
  }

  /** Dispatches the browser's event. */
  tell(name: 'online' | 'offline'): void {
    this.events.dispatchEvent(new Event(name));
  }

  leave(): void {
    this.connection?.close();
    for (const [name, descriptor] of this.before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
    jest.restoreAllMocks();
    jest.useRealTimers();
  }

  private put(name: string, value: unknown): void {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}
