import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';

/** A member who never reads, and reconnects whenever the server cuts it off. */
export class StuckClient {
  /** How often the server has cut it off. */
  cuts = 0;
  private socket: Socket | null = null;
  private isStopped = false;

  constructor(
    private readonly url: URL,
    private readonly token: string,
  ) {
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    this.socket?.destroy();
  }

  private connect(): void {
    const { hostname, port, pathname, host } = this.url;
    const socket = connect({ port: Number(port), host: hostname });
    this.socket = socket;
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
        `Authorization: Bearer ${this.token}\r\n\r\n`,
    );
    socket.once('close', () => {
      if (this.isStopped) return;
      this.cuts += 1;
      this.connect();
    });
    // A paused socket notices its end only by writing, so it sends an unsolicited pong each second.
    const probe = setInterval(() => socket.write(EMPTY_PONG), 1_000);
    socket.once('close', () => clearInterval(probe));
  }
}

/** Masked with zeros; unsolicited pongs are allowed (RFC 6455 section 5.5.3). */
const EMPTY_PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
