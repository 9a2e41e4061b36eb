import type { Socket } from './options.js';
import { after } from './timer.js';

/** A parsed frame whose type is not known yet. */
export interface AnyFrame {
  type: string;
  cursor?: string;
}

export interface LinkTimes {
  pingInterval: number;
  answerTimeout: number;
}

/** Receives what happens on a link; nothing after `onEnd`. */
export interface LinkOwner {
  onFrame(frame: AnyFrame): void;
  onLatency(milliseconds: number): void;
  onEnd(code: number, reason: string): void;
}

/** One WebSocket, from opening to end. Pings the server, and ends when it stays silent. */
export class Link {
  private isOver = false;
  private pingedAt = 0;
  private cancelPing = (): void => undefined;
  private cancelDeadline: (() => void) | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly times: LinkTimes,
    private readonly owner: LinkOwner,
  ) {
    socket.addEventListener('message', ({ data }) => this.onMessage(data));
    let failure: string | undefined;
    socket.addEventListener('close', ({ code, reason }) => this.end(code, failure ?? reason));
    // A close event follows. In Node the error says why, and without a listener it would end the process.
    socket.addEventListener('error', ({ message }) => (failure = message));
    // Admission may take longer than an answer to a ping.
    this.expectLife(2 * times.answerTimeout);
  }

  send(frame: object): void {
    if (!this.isOver) this.socket.send(JSON.stringify(frame));
  }

  /** Checks that the server still answers, and schedules the next check. */
  ping(): void {
    this.cancelPing();
    this.cancelPing = after(this.times.pingInterval, () => this.ping());
    this.expectLife(this.times.answerTimeout);
    this.pingedAt = performance.now();
    this.send({ type: 'ping', timestamp: this.pingedAt });
  }

  /** Closes the socket without reporting an end. */
  drop(): void {
    this.isOver = true;
    this.cancelPing();
    this.cancelDeadline?.();
    this.socket.close(1000);
  }

  private expectLife(ms: number): void {
    // A further ping must not extend the deadline of an unanswered one.
    this.cancelDeadline ??= after(ms, () => {
      this.end(1006, 'silent');
      // A silent server will not answer the close.
      this.socket.terminate?.();
    });
  }

  private onMessage(data: unknown): void {
    if (this.isOver) return;
    // Any frame counts as life: the pong queues behind the missed frames, and there may be many.
    this.cancelDeadline?.();
    this.cancelDeadline = undefined;
    const frame = parse(String(data));
    if (frame === null) this.end(1006, 'no_json');
    else if (frame.type !== 'pong') this.owner.onFrame(frame);
    else if (frame.timestamp === this.pingedAt) this.owner.onLatency(performance.now() - this.pingedAt);
  }

  private end(code = 1006, reason = ''): void {
    if (this.isOver) return;
    this.drop();
    this.owner.onEnd(code, reason);
  }
}

function parse(text: string): (AnyFrame & { timestamp?: unknown }) | null {
  try {
    // The server sends objects only, but a proxy in between may send anything.
    return JSON.parse(text) as AnyFrame;
  } catch {
    return null;
  }
}
