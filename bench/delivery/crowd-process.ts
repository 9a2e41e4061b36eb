import { type Child, startChild } from './child.js';
import type { Target } from './member.js';

export type Order =
  | { order: 'join'; target: Target; tokens: readonly string[]; count: number }
  /** Closes all connections but the oldest ones. */
  | { order: 'leave'; keep: number }
  /** Counts what is delivered from now on, and measures latencies if told so. */
  | { order: 'count'; isSampling: boolean }
  /** Returns those measured since, in milliseconds. */
  | { order: 'latencies' }
  /** Returns how many pings were answered. */
  | { order: 'ping'; perSecond: number; ms: number };

export type Report =
  | { kind: 'done'; result: number[] }
  /** A further event has reached all members; with the frames of all since `count`. */
  | { kind: 'delivered'; frames: number }
  /** An order failed, or a member has lost its connection. */
  | { kind: 'failed'; why: string };

const MODULE = new URL('crowd.ts', import.meta.url);

/** The process that holds the clients of all servers, one server at a time. */
export class CrowdProcess {
  /** Called after each event, with how many frames all members have received since `count`. */
  onDelivered: (frames: number) => void = () => undefined;
  private onDone: (result: number[]) => void = () => undefined;
  private isStopping = false;
  private readonly failed: Promise<never>;

  private constructor(private readonly child: Child) {
    const { process } = child;
    this.failed = new Promise((_, reject) => {
      process.on('message', (report: Report) => {
        if (report.kind === 'done') this.onDone(report.result);
        else if (report.kind === 'delivered') this.onDelivered(report.frames);
        else reject(new Error(`The crowd failed: ${report.why}`));
      });
      process.on('error', reject);
      process.once('exit', () => {
        if (!this.isStopping) reject(new Error('The crowd ended'));
      });
    });
    // `orFail` reports it.
    this.failed.catch(() => undefined);
  }

  static async start(): Promise<CrowdProcess> {
    return new CrowdProcess(await startChild(MODULE));
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Resolves when the order is carried out; one at a time. */
  order(order: Order): Promise<number[]> {
    const done = new Promise<number[]>((resolve) => (this.onDone = resolve));
    this.child.process.send(order);
    return this.orFail(done);
  }

  /** What waits for the crowd must fail with it. */
  orFail<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.failed]);
  }

  stop(): Promise<void> {
    this.isStopping = true;
    return this.child.stop();
  }
}
