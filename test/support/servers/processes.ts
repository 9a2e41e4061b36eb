import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { isNativeError } from 'node:util/types';

/**
 * Starts the watchdog of a server program: when this process ends for any reason, it ends the program and removes its
 * folder. It waits for the end of a pipe that this process holds.
 */
export function watch(pid: number, signal: NodeJS.Signals, folder: string): ChildProcess {
  const script = 'read -r _; kill -s "$2" "$1"; sleep 1; kill -s KILL "$1"; rm -rf "$3"';
  // Detached: Ctrl+C ends the test run's process group, and the watchdog must outlive it.
  const watchdog = spawn('sh', ['-c', script, 'watchdog', String(pid), signal.replace('SIG', ''), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  // A child's pipe is a socket, which must not keep the test run alive either.
  (watchdog.stdin as Socket | null)?.unref();
  return watchdog;
}

/** Signals a child process and resolves when it has ended. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  child.ref();
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Signals any process; ignores one that has just ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Under Jest, Node's errors come from another realm, so they are not instances of the tests' Error.
    if (!(isNativeError(error) && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The child processes of a process. */
export async function childrenOf(parent: number): Promise<number[]> {
  if (process.platform === 'linux') {
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
    return children.split(' ').filter(Boolean).map(Number);
  }
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
}
