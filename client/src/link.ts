import type { Socket } from './options.js';
import { after } from './timer.js';

/** A frame, before anything is known of it but that it is one. */
export interface AnyFrame {
  type: string;
  cursor?: string;
}

export interface LinkTimes {
  pingInterval: number;
  answerTimeout: number;
}

/** The owner of a link. None is called after the end. */
export interface LinkOwner {
  onFrame(frame: AnyFrame): void;
  onLatency(milliseconds: number): void;
  onEnd(code: number, reason: string): void;
}

/** One WebSocket, from its opening to its end, which it notices by itself when the other side is silent. */
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
    // A close follows. In Node it says why, and would end the process if nobody listened.
    socket.addEventListener('error', ({ message }) => (failure = message));
    // The server may take its time to admit a client, more than for an answer.
    this.expectLife(2 * times.answerTimeout);
  }

  send(frame: object): void {
    if (!this.isOver) this.socket.send(JSON.stringify(frame));
  }

  /** Finds out whether the other side is there. */
  ping(): void {
    this.cancelPing();
    this.cancelPing = after(this.times.pingInterval, () => this.ping());
    this.expectLife(this.times.answerTimeout);
    this.pingedAt = performance.now();
    this.send({ type: 'ping', timestamp: this.pingedAt });
  }

  /** Hears and says no more. */
  drop(): void {
    this.isOver = true;
    this.cancelPing();
    this.cancelDeadline?.();
    this.socket.close(1000);
  }

  private expectLife(ms: number): void {
    // Another ping is no reason to wait longer for the first.
    this.cancelDeadline ??= after(ms, () => {
      this.end(1006, 'silent');
      // Nobody would answer the close.
      this.socket.terminate?.();
    });
  }

  private onMessage(data: unknown): void {
    if (this.isOver) return;
    // Any frame will do: an answer comes after what was missed, which may be much.
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
    // Of the server, whose frames are objects; anything in its way may answer in its place.
    return JSON.parse(text) as AnyFrame;
  } catch {
    return null;
  }
}
