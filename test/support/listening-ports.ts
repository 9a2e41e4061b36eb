import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The TCP ports that a process listens on, read from `/proc`, or with `lsof` on systems without it. */
export function listeningPorts(pid: number): Promise<number[]> {
  return process.platform === 'linux' ? fromProc(pid) : fromLsof(pid);
}

const LISTEN = '0A';

async function fromProc(pid: number): Promise<number[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  // A descriptor may be closed during the listing.
  const targets = await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  return rows
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && targets.includes(`socket:[${inode ?? ''}]`))
    .map(([, address]) => parseInt(address?.split(':')[1] ?? '', 16));
}

async function fromLsof(pid: number): Promise<number[]> {
  const filter = ['-nP', '-a', '-p', String(pid), '-iTCP', '-sTCP:LISTEN', '-Fn'];
  // `lsof` fails if there is nothing to list.
  const { stdout } = await promisify(execFile)('lsof', filter).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/^n.*:(\d+)$/gm)].map(([, port]) => Number(port));
}
