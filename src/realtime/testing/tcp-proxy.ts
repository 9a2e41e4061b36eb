import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The direction in which bytes are held back: towards the server, towards the client, or both. */
export type Direction = 'to-server' | 'to-client' | 'both';

interface Address {
  host: string;
  port: number;
}

/**
 * A proxy that fails on demand. A black hole holds back bytes and hides closes, and releases them when healed,
 * as TCP does for packets that the network has lost.
 */
export class TcpProxy {
  readonly host = '127.0.0.1';
  private readonly links = new Set<Link>();
  private readonly server: Server;
  private hole: Direction | null = null;
  private traps: Trap[] = [];
  private countdowns: Countdown[] = [];

  private constructor(
    private target: Address,
    latencyMs: number,
  ) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const server = connect({ host: this.target.host, port: this.target.port, allowHalfOpen: true });
      const link = new Link(client, server, latencyMs, (bytes) => this.onRequest(link, bytes));
      this.links.add(link);
      client.once('close', () => this.links.delete(link));
      link.hold(this.hole);
    });
  }

  /** @param latencyMs holds back each answer for as long, without limiting how many are on their way */
  static async start(target: Address, latencyMs = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, latencyMs);
    proxy.server.listen(0, proxy.host);
    await once(proxy.server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connects new clients to another server. */
  redirect(target: Address): void {
    this.target = target;
  }

  /** Resets all connections; new ones are accepted. */
  cut(): void {
    for (const link of this.links) link.cut();
  }

  /** Resets the next connection whose client sends the text, before the server receives it. Resolves when done. */
  cutOn(text: string): Promise<void> {
    return this.trap(text, (link) => link.cut());
  }

  /** Drops all answers to the next client that sends the text. Resolves when it has sent it. */
  muteOn(text: string): Promise<void> {
    return this.trap(text, (link) => link.hold('to-client'));
  }

  /** Answers the next client that sends the text instead of the server, which does not receive it. Resolves when done. */
  answerOn(text: string, answer: string): Promise<void> {
    return this.trap(text, (link) => link.answer(answer));
  }

  /** Resolves when a client sends the text. */
  hears(text: string): Promise<void> {
    return this.trap(text, () => undefined);
  }

  /** Resolves when clients have sent this many more chunks. */
  requests(count: number): Promise<void> {
    return new Promise((resolve) => this.countdowns.push({ left: count, resolve }));
  }

  /**
   * From now on lets nothing through, and closes nothing.
   * @param text limits this to open connections whose client has sent it
   */
  blackHole(direction: Direction = 'both', text: string | null = null): void {
    if (text === null) this.hole = direction;
    for (const link of this.links) if (text === null || link.hasSent(text)) link.hold(direction);
  }

  heal(): void {
    this.hole = null;
    for (const link of this.links) link.hold(null);
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private trap(text: string, fault: (link: Link) => void): Promise<void> {
    return new Promise((resolve) => {
      const spring = (link: Link): void => {
        fault(link);
        resolve();
      };
      this.traps.push({ text, spring });
    });
  }

  private onRequest(link: Link, bytes: Buffer): void {
    for (const countdown of this.countdowns) if (--countdown.left === 0) countdown.resolve();
    this.countdowns = this.countdowns.filter(({ left }) => left > 0);
    const trap = this.traps.find(({ text }) => bytes.includes(text));
    if (trap === undefined) return;
    this.traps = this.traps.filter((each) => each !== trap);
    trap.spring(link);
  }
}

interface Countdown {
  left: number;
  resolve: () => void;
}

interface Trap {
  text: string;
  spring: (link: Link) => void;
}

const REMEMBERED_BYTES = 65_536;

/** A connection through the proxy. */
class Link {
  private sent = '';
  private wasAnswered = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    latencyMs: number,
    onRequest: (bytes: Buffer) => void,
  ) {
    client.on('data', (bytes) => {
      this.sent = (this.sent + bytes.toString('latin1')).slice(-REMEMBERED_BYTES);
      onRequest(bytes);
      if (!server.destroyed && !this.wasAnswered) server.write(bytes);
      this.wasAnswered = false;
    });
    server.on('data', (bytes) => {
      if (latencyMs === 0) client.write(bytes);
      else setTimeout(() => client.write(bytes), latencyMs);
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('end', () => to.end());
      // A paused socket does not see its peer's end, so a black hole also hides closes.
      from.on('error', () => to.resetAndDestroy());
    }
  }

  hasSent(text: string): boolean {
    return this.sent.includes(text);
  }

  hold(direction: Direction | null): void {
    flow(this.client, direction !== 'both' && direction !== 'to-server');
    flow(this.server, direction !== 'both' && direction !== 'to-client');
  }

  /** Answers instead of the server, which does not receive the chunk just sent. */
  answer(text: string): void {
    this.wasAnswered = true;
    this.client.write(text);
  }

  cut(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }
}

function flow(socket: Socket, isOpen: boolean): void {
  if (isOpen) socket.resume();
  else socket.pause();
}
