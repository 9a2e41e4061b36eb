import { announce, announceForOthers } from './announce.js';
import { Environment, EnvironmentError, loadEnvironmentFile } from './config/environment.js';
import { ensureFolders } from './config/folders.js';
import { FolderInUseError } from './database/embedded/folder-lock.js';
import { ServerProcessError } from './server-process-error.js';

/** How much longer than the grace time a shutdown may take before the process is ended all the same. */
const OVERTIME_MS = 5_000;

/** What runs: closing it drains it. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Runs an application as this process: reads the environment, starts, and on SIGTERM, SIGINT or SIGHUP closes it and exits with 0,
 * also when the signal comes during the start, and however often it comes. An error that nothing handles does the same, with 1.
 * What stops the start is printed as one readable message, and the process exits with 1.
 *
 * @param start is told by `ending` when it need not go on
 */
export async function runProcess(
  start: (environment: Environment, ending: AbortSignal) => Promise<Closable>,
): Promise<void> {
  // Nobody's service ends because the disk behind what it says is full.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  try {
    loadEnvironmentFile();
    announceForOthers();
    const environment = new Environment();
    await ensureFolders(environment);
    const isEnding = new AbortController();
    // Not before the signals are listened to.
    const started = Promise.resolve().then(() => start(environment, isEnding.signal));
    let ending: Promise<void> | undefined;
    const end = (why: string, exitCode: number): void => {
      isEnding.abort();
      ending ??= shutDown(why, exitCode, started, environment);
    };
    // npm passes on the signal that the terminal has sent to the process already: the second one must not kill it.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => end(`was asked to end by ${signal}`, 0));
    process.once('uncaughtException', failStart);
    await started;
    process.off('uncaughtException', failStart);
    // Nobody knows what such an error has left behind: clients go elsewhere in good order, and a new process begins anew.
    process.on('uncaughtException', (error) =>
      end(`has met an error that nothing handles: ${explain(error)};\nit ends`, 1),
    );
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
  announce(`Herald ${why}, and drains`, exitCode === 0 ? 'warn' : 'fatal');
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

/** Errors that say themselves what to do need no stack trace. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isForTheOperator = [EnvironmentError, FolderInUseError, ServerProcessError].some(
    (each) => error instanceof each,
  );
  return isForTheOperator ? error.message : (error.stack ?? error.message);
}
