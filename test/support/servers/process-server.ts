import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { childrenOf, endProcess, hasEnded, signalProcess, watch } from './processes.js';
import type { Server } from './server.js';

/** The system user that a program runs as, if not the one that runs the tests. */
export interface SystemUser {
  uid: number;
  gid: number;
}

export interface ProgramOptions {
  program: string;
  args: (port: number, folder: string) => string[];
  /** The log line that shows that it serves. */
  readyLine: RegExp;
  /** Ends it quickly without leaving system resources behind. */
  stopSignal: 'SIGKILL' | 'SIGQUIT';
  user?: SystemUser | null;
  /** Fills the data folder before the first start. */
  prepare?: (folder: string) => Promise<void>;
}

const START_DEADLINE_MS = 30_000;

/**
 * Runs a server program on a free port of 127.0.0.1, in a temporary folder of its own.
 *
 * A watchdog kills each program and removes its folder when the test run ends for any reason, including SIGKILL: it
 * waits for the end of a pipe that this process holds.
 */
export class ProcessServer implements Server {
  readonly host = '127.0.0.1';
  port = 0;
  private child: ChildProcess | null = null;
  private watchdog: ChildProcess | null = null;

  private constructor(
    private readonly options: ProgramOptions,
    private readonly folder: string,
  ) {}

  static async launch(options: ProgramOptions): Promise<ProcessServer> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-test-'));
    if (options.user) chownSync(folder, options.user.uid, options.user.gid);
    const server = new ProcessServer(options, folder);
    try {
      await options.prepare?.(folder);
      server.port = await freePort();
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async start(): Promise<void> {
    if (this.child !== null) throw new Error(`${this.options.program} runs already: kill() it before start()`);
    const log = openSync(this.logFile, 'w');
    const { program, args, user } = this.options;
    const child = spawn(program, args(this.port, this.folder), {
      cwd: this.folder,
      stdio: ['ignore', log, log],
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
    closeSync(log);
    child.unref();
    this.child = child;
    await once(child, 'spawn');
    this.watchdog = watch(child.pid ?? 0, this.options.stopSignal, this.folder);
    await this.untilReady(child);
  }

  async kill(): Promise<void> {
    // Frozen children would never notice that their parent has ended.
    await this.resume();
    await this.end('SIGKILL');
  }

  async pause(): Promise<void> {
    await this.signalAll('SIGSTOP');
  }

  async resume(): Promise<void> {
    await this.signalAll('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.resume();
    await this.end(this.options.stopSignal);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Signals the program and its children: Postgres has one process for each connection, in a group of its own. */
  private async signalAll(signal: NodeJS.Signals): Promise<void> {
    if (this.child?.pid === undefined) return;
    this.child.kill(signal);
    for (const pid of await childrenOf(this.child.pid)) signalProcess(pid, signal);
  }

  private async untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    for (;;) {
      const log = readFileSync(this.logFile, 'utf8');
      if (this.options.readyLine.test(log)) return;
      if (hasEnded(child)) throw new Error(`${this.options.program} ended while starting:\n${log.slice(-2_000)}`);
      if (Date.now() > deadline) {
        throw new Error(
          `${this.options.program} was not ready within ${START_DEADLINE_MS / 1000} s:\n${log.slice(-2_000)}`,
        );
      }
      await sleep(10);
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child, watchdog } = this;
    this.child = null;
    this.watchdog = null;
    // The watchdog goes first: later, the program's pid may belong to another program.
    if (watchdog !== null) await endProcess(watchdog, 'SIGKILL');
    if (child !== null) await endProcess(child, signal);
  }

  private get logFile(): string {
    return join(this.folder, 'server.log');
  }
}
