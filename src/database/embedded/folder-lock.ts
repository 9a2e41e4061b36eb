import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** An unreadable lock may be one that is still being written, for up to this long. */
const WRITTEN_MS = 200;
const POLL_MS = 5;

/** Another process, or another part of this one, has the folder's database open. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';

  constructor(folder: string, pid: number) {
    const who = pid === process.pid ? `this process already (pid ${pid})` : `the process with pid ${pid}`;
    super(
      `The embedded database in ${folder} is in use by ${who}. Stop it, or set DATA_DIR to another folder; to run several ` +
        'processes on the same data, set DATABASE_URL (and REDIS_HOST) to real servers.',
    );
  }
}

/** The process that holds a lock. Has the start time, as the system reuses pids. */
interface Owner {
  pid: number;
  startedAt: string | null;
}

/**
 * Lets one process at a time use a data folder, by a lock file beside it that names the process.
 *
 * PGlite does not lock its folder, and two processes using one folder would silently lose each other's rows. A lock whose process
 * has ended is taken over. A process in another container can't be seen, and so looks as if it had ended.
 */
export class FolderLock {
  private static readonly held = new Set<string>();

  private constructor(private readonly path: string) {}

  /** @throws {FolderInUseError} */
  static acquire(folder: string): FolderLock {
    const path = `${resolve(folder)}.lock`;
    if (FolderLock.held.has(path)) throw new FolderInUseError(folder, process.pid);
    const own = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Owner);
    // Reads it again, as another process may have taken it for damaged before its content was written.
    while (!hasCreated(path, own) || readText(path) !== own) {
      const owner = readOwner(path);
      if (owner !== null && isRunning(owner)) throw new FolderInUseError(folder, owner.pid);
      remove(path, owner);
    }
    FolderLock.held.add(path);
    return new FolderLock(path);
  }

  release(): void {
    FolderLock.held.delete(this.path);
    rmSync(this.path, { force: true });
  }
}

/** Creates the file unless it exists. Not by a hard link, which some file systems lack; so the file is empty for a moment. */
function hasCreated(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Null if there is no lock, or it can't be read. */
function readOwner(path: string): Owner | null {
  const deadline = performance.now() + WRITTEN_MS;
  for (;;) {
    const text = readText(path);
    const owner = text === null ? null : parseOwner(text);
    if (text === null || owner !== null || performance.now() > deadline) return owner;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
}

/** Null if there is no such file. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    const owner: unknown = JSON.parse(text);
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('startedAt' in owner)) return null;
    const { pid, startedAt } = owner;
    if (typeof pid !== 'number' || (typeof startedAt !== 'string' && startedAt !== null)) return null;
    return { pid, startedAt };
  } catch {
    return null;
  }
}

function isRunning({ pid, startedAt }: Owner): boolean {
  // Locks of this process are in `held`, so a file with this pid was left by an earlier process.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  return startedAt === startOf(pid);
}

/** Removes a stale lock, unless another process has replaced it in the meantime. */
function remove(path: string, stale: Owner | null): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const removed = readOwner(aside);
  if (removed?.pid !== stale?.pid || removed?.startedAt !== stale?.startedAt)
    hasCreated(path, readFileSync(aside, 'utf8'));
  rmSync(aside, { force: true });
}

/** When a process started, only for comparison; null if the system doesn't say. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 22nd field; the second, the program's name in parentheses, may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
