import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Several times the most that a run was seen to use. */
const ROOM_BYTES = 6 * 2 ** 30;

/**
 * Creates the folder for all files of a test run: in memory if there is room, because the thousand small files of each
 * embedded database can take a second on a disk.
 */
export function makeTemporaryFolder() {
  const folder = mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), 'herald-tests-'));
  // Postgres may run as another user, which must traverse this folder to reach its own.
  chmodSync(folder, 0o711);
  removeAtTheEnd(folder);
  return folder;
}

/** Removes the folder even if the run is interrupted or killed: a watchdog waits for the end of a pipe that this process holds. */
function removeAtTheEnd(folder) {
  // The sleep lets the watchdogs of the servers in the folder finish first.
  const script = 'read -r _; sleep 2; rm -rf "$1"';
  const stdio = ['pipe', 'ignore', 'ignore'];
  // Detached: Ctrl+C ends the test run's process group, and the watchdog must outlive it.
  const watchdog = spawn('sh', ['-c', script, 'watchdog', folder], { stdio, detached: true });
  watchdog.unref();
  watchdog.stdin.unref();
}

/**
 * Copies the template of embedded databases into the folder. Creating it takes seconds, and the first test files would all do so
 * at once; so it is created here if it is missing.
 */
export async function shareTemplate(folder, make) {
  const templates = () => readdirSync(tmpdir()).filter((name) => /^herald-pglite-.*\.template$/.test(name));
  if (templates().length === 0) await make();
  for (const name of templates()) copyFileSync(join(tmpdir(), name), join(folder, name));
}

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}
