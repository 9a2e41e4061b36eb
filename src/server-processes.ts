import cluster, { type Address, type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { GatheredMetrics } from './metrics/gathered-metrics.js';

const SHORTEST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
/** Who has served for so long does not count as one that can't. */
const STEADY_MS = 30_000;

/** A server process has ended before it served. It has said itself why. */
export class ServerProcessError extends Error {
  override readonly name = 'ServerProcessError';
}

/**
 * The server processes that share this machine's port (`node:cluster`). One that ends by itself is replaced; clients of it come
 * back to another one meanwhile. This process itself serves nobody: it only watches.
 */
export class ServerProcesses {
  /** By their numbers, from 1 on: a replacement has the number of whom it replaces. */
  private readonly serving = new Map<number, Worker>();
  private readonly running = new Set<Worker>();
  private readonly metrics = new GatheredMetrics(() => this.serving);
  private readonly ending = new AbortController();
  private listensAt: Address | null = null;

  /**
   * Resolves when all of them serve.
   * @throws {ServerProcessError} if one ends instead; the others are ended, too
   */
  static async start(count: number): Promise<ServerProcesses> {
    const processes = new ServerProcesses();
    try {
      await Promise.all(Array.from({ length: count }, (_, index) => processes.run(index + 1)));
      return processes;
    } catch (error) {
      // How the others end tells nothing more.
      await Promise.allSettled([processes.close()]);
      throw error;
    }
  }

  /** Where they listen; null before the first of them does. */
  get address(): Address | null {
    return this.listensAt;
  }

  /**
   * Has all of them drain, and waits for their end.
   * @throws {ServerProcessError} if one that served has not ended in good order
   */
  async close(): Promise<void> {
    this.ending.abort();
    const serving = new Set(this.serving.values());
    const ends = [...this.running].map((server) => {
      server.process.kill('SIGTERM');
      return new Promise<string | null>((resolve) => {
        server.once('exit', (code: number | null, signal: string | null) =>
          resolve(code === 0 || !serving.has(server) ? null : endOf(server, code, signal)),
        );
      });
    });
    for (const failure of await Promise.all(ends)) if (failure !== null) throw new ServerProcessError(failure);
  }

  /** A method, because it changes while something waits. */
  private isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  /** Resolves when it serves. */
  private async run(number: number): Promise<void> {
    const server = cluster.fork();
    this.running.add(server);
    this.metrics.attach(server);
    await new Promise<void>((resolve, reject) => {
      let servedAt: number | null = null;
      server.once('listening', (address: Address) => {
        servedAt = performance.now();
        this.listensAt = address;
        this.serving.set(number, server);
        resolve();
      });
      // The machine can't start one more, for example.
      server.on('error', (error) => {
        if (server.process.pid === undefined) this.running.delete(server);
        reject(new ServerProcessError(`A server process: ${error.message}`));
      });
      server.once('exit', (code: number | null, signal: string | null) => {
        this.running.delete(server);
        const end = endOf(server, code, signal);
        if (servedAt === null) {
          reject(new ServerProcessError(`${end} before it served`));
        } else {
          this.serving.delete(number);
          if (!this.isEnding()) void this.replace(number, end, performance.now() - servedAt);
        }
      });
    });
  }

  /** Never rejects. */
  private async replace(number: number, end: string, servedMs: number): Promise<void> {
    process.stderr.write(`${end}; another one takes its place\n`);
    let backoffMs = servedMs < STEADY_MS ? SHORTEST_BACKOFF_MS : 0;
    while (!this.isEnding()) {
      try {
        await wait(backoffMs, undefined, { signal: this.ending.signal });
        await this.run(number);
        return;
      } catch (error) {
        if (this.isEnding()) return;
        process.stderr.write(`${String(error)}\n`);
        backoffMs = Math.min(LONGEST_BACKOFF_MS, Math.max(SHORTEST_BACKOFF_MS, backoffMs * 2));
      }
    }
  }
}

function endOf({ process: { pid } }: Worker, code: number | null, signal: string | null): string {
  return `The server process ${pid} has ended with ${signal ?? code}`;
}
