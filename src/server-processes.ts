import cluster, { type Address, type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { announce } from './announce.js';
import { ServerProcessError } from './server-process-error.js';
import { GatheredMetrics } from './metrics/gathered-metrics.js';

const SHORTEST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
/** A process that has served for this long resets its back-off. */
const STEADY_MS = 30_000;

/**
 * The server processes that share the port (`node:cluster`). A process that exits unexpectedly is replaced; its clients reconnect to
 * the others. This process serves no requests itself: it starts and ends the others, and none outlives it.
 */
export class ServerProcesses {
  private readonly running = new Set<Worker>();
  /** By number, starting at 1; a replacement keeps the number. */
  private readonly serving = new Map<number, Worker>();
  private readonly backoffs = new Map<number, number>();
  private readonly metrics = new GatheredMetrics(() => this.serving);
  private listensAt: Address | null = null;

  private constructor(private readonly ending: AbortSignal) {}

  /**
   * Resolves when all of them serve, or the shutdown begins.
   * @param ending aborted when the shutdown begins; then no process is replaced any more
   * @throws {ServerProcessError} if one exits before it serves; the others are then killed
   */
  static async start(count: number, ending: AbortSignal): Promise<ServerProcesses> {
    // With JSON, NaN in metrics would become null.
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

  /** The address they listen on; null until the first one does. */
  get address(): Address | null {
    return this.listensAt;
  }

  /**
   * Drains the serving processes and waits for their exit; kills the others, which have no clients.
   * @throws {ServerProcessError} if one did not exit cleanly
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

  /** Resolves when the process serves; never if the shutdown begins before. */
  private run(number: number): Promise<void> {
    // This process has already applied the migrations.
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
      // Only for failures to start, without a pid; all others are reported by the exit.
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
    announce(`${end}; starting a replacement`, 'error');
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
        announce(`${String(error)}; trying again`, 'error');
      }
    }
  }
}

function endOf({ process: { pid } }: Worker, code: number | null, signal: string | null): string {
  return `The server process ${pid} exited with ${signal ?? code}`;
}
