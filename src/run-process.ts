import { announce, announceForOthers } from './announce.js';
import { Environment, EnvironmentError, loadEnvironmentFile, type Timings } from './config/environment.js';
import { ensureFolders } from './config/folders.js';
import { FolderInUseError } from './database/embedded/folder-lock.js';
import { ServerProcessError } from './server-process-error.js';

/** How long after the grace period the process is ended if the shutdown is still not done. */
const OVERTIME_MS = 5_000;

/** A running application; closing it drains it. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Runs an application as this process: reads the environment, starts, and on SIGTERM, SIGINT or SIGHUP closes it and exits with 0,
 * even if the signal arrives during the start or repeatedly. An unhandled error does the same with exit code 1. If the start fails,
 * prints one readable message and exits with 1.
 *
 * @param start may stop early when `ending` is aborted
 * @param timings instead of the usual ones
 */
export async function runProcess(
  start: (environment: Environment, ending: AbortSignal) => Promise<Closable>,
  timings: Partial<Timings> = {},
): Promise<void> {
  // A full disk behind the output must not end the process.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  try {
    loadEnvironmentFile();
    announceForOthers();
    const environment = new Environment(undefined, timings);
    await ensureFolders(environment);
    const isEnding = new AbortController();
    // Deferred, so that the signal handlers are installed first.
    const started = Promise.resolve().then(() => start(environment, isEnding.signal));
    let ending: Promise<void> | undefined;
    const end = (why: string, exitCode: number): void => {
      isEnding.abort();
      ending ??= shutDown(why, exitCode, started, environment);
    };
    // npm forwards the signal that the terminal has already sent to the process: the second one must not kill it.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => end(`received ${signal}`, 0));
    process.once('uncaughtException', failStart);
    await started;
    process.off('uncaughtException', failStart);
    // The state after such an error is unknown, so drain and let a new process take over.
    process.on('uncaughtException', (error) => end(`had an unhandled error: ${explain(error)}\nShutting down`, 1));
  } catch (error) {
    failStart(error);
  }
}

function failStart(error: unknown): void {
  announce(`Herald did not start. ${explain(error)}`, 'fatal');
  process.exit(1);
}

async function shutDown(
  why: string,
  exitCode: number,
  started: Promise<Closable>,
  { shutdownGraceMs }: Environment,
): Promise<void> {
  announce(`Herald ${why}; draining`, exitCode === 0 ? 'warn' : 'fatal');
  setTimeout(() => {
    announce(`Herald did not shut down within ${shutdownGraceMs + OVERTIME_MS} ms`, 'fatal');
    process.exit(1);
  }, shutdownGraceMs + OVERTIME_MS).unref();
  try {
    await (await started).close();
    process.exit(exitCode);
  } catch (error) {
    announce(`Herald did not shut down cleanly. ${explain(error)}`, 'fatal');
    process.exit(1);
  }
}

/** Errors that tell operators what to do need no stack trace. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isForTheOperator = [EnvironmentError, FolderInUseError, ServerProcessError].some(
    (each) => error instanceof each,
  );
  return isForTheOperator ? error.message : (error.stack ?? error.message);
}
