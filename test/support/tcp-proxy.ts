import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Which way bytes are held up: towards the server, towards the client, or both. */
export type Direction = 'to-server' | 'to-client' | 'both';

/**
 * A link between a client and a server that fails on demand. A black hole holds bytes back and hides closes, and lets go of
 * them when it is healed, as TCP does for packets that the network has lost.
 */
export class TcpProxy {
  readonly host = '127.0.0.1';
  private readonly links = new Set<Link>();
  private readonly server: Server;
  private hole: Direction | null = null;
  private traps: Trap[] = [];
  private countdowns: Countdown[] = [];

  private constructor(target: { host: string; port: number }) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const link = new Link(client, connect({ ...target, allowHalfOpen: true }), (bytes) =>
        this.onRequest(link, bytes),
      );
      this.links.add(link);
      client.once('close', () => this.links.delete(link));
      link.hold(this.hole);
    });
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.server.listen(0, proxy.host);
    await once(proxy.server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resets every connection; new ones are served. */
  cut(): void {
    for (const link of this.links) link.cut();
  }

  /** Resets the next connection whose client sends the text, before the server hears of it. Resolves when it has happened. */
  cutOn(text: string): Promise<void> {
    return this.trap(text, (link) => link.cut());
  }

  /** Lets the next connection whose client sends the text get no answer any more. Resolves when it has happened. */
  muteOn(text: string): Promise<void> {
    return this.trap(text, (link) => link.hold('to-client'));
  }

  /** Answers the next client that sends the text in the server's place, which does not hear of it. Resolves when it has happened. */
  answerOn(text: string, answer: string): Promise<void> {
    return this.trap(text, (link) => link.answer(answer));
  }

  /** Resolves when a client sends the text. */
  hears(text: string): Promise<void> {
    return this.trap(text, () => undefined);
  }

  /** Resolves when clients have sent something that many times more. */
  requests(count: number): Promise<void> {
    return new Promise((resolve) => this.countdowns.push({ left: count, resolve }));
  }

  /**
   * From now on nothing gets through, and nothing is closed.
   * @param text only for the connections whose client has sent it; the others, and later ones, go on
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

/** One connection through the proxy. */
class Link {
  private sent = '';
  private wasAnswered = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    onRequest: (bytes: Buffer) => void,
  ) {
    client.on('data', (bytes) => {
      this.sent = (this.sent + bytes.toString('latin1')).slice(-REMEMBERED_BYTES);
      onRequest(bytes);
      if (!server.destroyed && !this.wasAnswered) server.write(bytes);
      this.wasAnswered = false;
    });
    server.on('data', (bytes) => client.write(bytes));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('end', () => to.end());
      // A paused socket does not see its peer's end: what a black hole hides stays hidden.
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

  /** In the place of the server, which does not get what the client has just sent. */
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
