import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Several times what a run has been seen to take at once. */
const ROOM_BYTES = 6 * 2 ** 30;

/**
 * Makes the folder for all that a test run writes: in memory where there is room, as the thousand small files of each
 * embedded database can take a second on a disk.
 */
export function makeTemporaryFolder() {
  const folder = mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), 'herald-tests-'));
  // Postgres may run as another user, and has to come by here to its own folder.
  chmodSync(folder, 0o711);
  removeAtTheEnd(folder);
  return folder;
}

/** Also when the run is interrupted or killed: a watchdog waits for the end of a pipe that this process holds. */
function removeAtTheEnd(folder) {
  // Those of the servers in the folder come first.
  const script = 'read -r _; sleep 2; rm -rf "$1"';
  const stdio = ['pipe', 'ignore', 'ignore'];
  // Detached: Ctrl+C ends the test run's process group, and the watchdog must outlive it.
  const watchdog = spawn('sh', ['-c', script, 'watchdog', folder], { stdio, detached: true });
  watchdog.unref();
  watchdog.stdin.unref();
}

/**
 * Copies what embedded databases are made from into the folder. It takes seconds to make, and would be made by all test files
 * that come first at once; so it is made here, where it is missing.
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
