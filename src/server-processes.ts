import cluster, { type Address, type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { announce } from './announce.js';
import { ServerProcessError } from './server-process-error.js';
import { GatheredMetrics } from './metrics/gathered-metrics.js';

const SHORTEST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
/** Who has served for so long is no longer one that ends again and again. */
const STEADY_MS = 30_000;

/**
 * The server processes that share this machine's port (`node:cluster`). One that ends by itself is replaced; clients of it come
 * back to another one meanwhile. This process itself serves nobody: it starts them, ends them, and none outlives it.
 */
export class ServerProcesses {
  private readonly running = new Set<Worker>();
  /** By their numbers, from 1 on: a replacement has the number of whom it replaces. */
  private readonly serving = new Map<number, Worker>();
  private readonly backoffs = new Map<number, number>();
  private readonly metrics = new GatheredMetrics(() => this.serving);
  private listensAt: Address | null = null;

  private constructor(private readonly ending: AbortSignal) {}

  /**
   * Resolves when all of them serve, or are to end.
   * @param ending aborted when they are to end: nobody is replaced any more
   * @throws {ServerProcessError} if one ends before it serves; the others are ended, too
   */
  static async start(count: number, ending: AbortSignal): Promise<ServerProcesses> {
    // As JSON, numbers that are none would become null.
    cluster.setupPrimary({ serialization: 'advanced' });
    const processes = new ServerProcesses(ending);
    if (ending.aborted) return processes;
    process.once('exit', () => processes.kill([...processes.running]));
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const asked = new Promise<void>((resolve) => ending.addEventListener('abort', () => resolve(), { once: true }));
    try {
      await Promise.race([asked, Promise.all(numbers.map((number) => processes.run(number)))]);
      return processes;
    } catch (error) {
      processes.kill([...processes.running]);
      throw error;
    }
  }

  /** Where they listen; null before the first of them does. */
  get address(): Address | null {
    return this.listensAt;
  }

  /**
   * Has those that serve drain, and waits for their end; the others have nobody to drain.
   * @throws {ServerProcessError} if one has not ended in good order
   */
  async close(): Promise<void> {
    const serving = [...this.serving.values()];
    this.kill([...this.running].filter((server) => !serving.includes(server)));
    const ends = serving.map(
      (server) =>
        new Promise<string | null>((resolve) => {
          server.once('exit', (code, signal) => resolve(code === 0 ? null : endOf(server, code, signal)));
          server.process.kill('SIGTERM');
        }),
    );
    for (const failure of await Promise.all(ends)) if (failure !== null) throw new ServerProcessError(failure);
  }

  private kill(servers: readonly Worker[]): void {
    for (const server of servers) server.process.kill('SIGKILL');
  }

  /** Resolves when it serves; never if it is to end before. */
  private run(number: number): Promise<void> {
    // This process has brought the schema up to date, for all of them.
    const server = cluster.fork({ RUN_MIGRATIONS: 'false' });
    this.running.add(server);
    this.metrics.attach(server);
    return new Promise<void>((resolve, reject) => {
      let servesSince: number | null = null;
      server.once('listening', (address: Address) => {
        servesSince = performance.now();
        this.listensAt = address;
        this.serving.set(number, server);
        resolve();
      });
      // The machine can't start one more, for example; for all others there is the exit.
      server.on('error', (error) => {
        if (server.process.pid !== undefined) return;
        this.running.delete(server);
        reject(new ServerProcessError(`A server process could not be started: ${error.message}`));
      });
      server.once('exit', (code, signal) => {
        this.running.delete(server);
        if (this.serving.get(number) === server) this.serving.delete(number);
        if (this.ending.aborted) return;
        const end = endOf(server, code, signal);
        if (servesSince === null) reject(new ServerProcessError(`${end} before it served`));
        else void this.replace(number, end, performance.now() - servesSince);
      });
    });
  }

  /** Never rejects. */
  private async replace(number: number, end: string, servedMs: number): Promise<void> {
    announce(`${end}; another one takes its place`, 'error');
    if (servedMs >= STEADY_MS) this.backoffs.delete(number);
    for (;;) {
      const backoffMs = this.backoffs.get(number) ?? SHORTEST_BACKOFF_MS;
      this.backoffs.set(number, Math.min(LONGEST_BACKOFF_MS, backoffMs * 2));
      try {
        await wait(backoffMs, undefined, { signal: this.ending });
        await this.run(number);
        return;
      } catch (error) {
        if (this.ending.aborted) return;
        announce(`${String(error)}; another one is tried`, 'error');
      }
    }
  }
}

function endOf({ process: { pid } }: Worker, code: number | null, signal: string | null): string {
  return `The server process ${pid} has ended with ${signal ?? code}`;
}
