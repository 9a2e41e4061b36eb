import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { hasContainerEngine } from './container-server.js';

/** Where the servers of a test run come from. */
export type Source = 'machine' | 'containers';

const run = promisify(execFile);

const OLDEST_POSTGRES = 14;
const PACKAGES = 'apt-get install -y --no-install-recommends redis-server postgresql';
const INSTALL = `apt-get update && ${PACKAGES}`;

/** The path of `redis-server` on this machine; null where there is none. */
export function findRedis(): string | null {
  return findIn(searchPath(), ['redis-server']);
}

/** The folder with `postgres` and `initdb` on this machine; null where there is none of a fitting version. */
export function findPostgres(): string | null {
  const folders = [...searchPath(), ...debianPostgresFolders(), ...homebrewPostgresFolders()];
  return folders.find((folder) => findIn([folder], ['postgres', 'initdb']) !== null && isFitting(folder)) ?? null;
}

/**
 * Makes sure that Redis and Postgres can be started: from the programs of this machine, else in containers, else from
 * Debian's packages, installed now where that is allowed (as root, or in CI).
 * @throws {Error} with the one command to type, where none of that is possible
 */
export async function findServers(): Promise<Source> {
  if (areInstalled()) return 'machine';
  if (await hasContainerEngine()) return 'containers';
  await install();
  if (areInstalled()) return 'machine';
  throw new Error(`redis-server and postgres are still missing after: ${INSTALL}`);
}

function areInstalled(): boolean {
  return findRedis() !== null && findPostgres() !== null;
}

async function install(): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const mayInstall = isRoot || process.env.CI === 'true';
  if (!mayInstall || findIn(searchPath(), ['apt-get']) === null) throw new Error(adviceFor(process.platform));
  process.stderr.write('Installing redis-server and postgresql for the tests, once\n');
  // One at a time, for test files that run side by side; RUNLEVEL=1 keeps the packages from starting their services.
  const script = `export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; exec flock /tmp/herald-test-install sh -c '${INSTALL}'`;
  const command = isRoot ? ['sh', '-c', script] : ['sudo', '-n', 'sh', '-c', script];
  try {
    await run(command[0] ?? 'sh', command.slice(1), { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`The tests need Redis and Postgres, and installing them failed: ${INSTALL}`, { cause: error });
  }
}

function adviceFor(platform: NodeJS.Platform): string {
  const command = platform === 'darwin' ? 'brew install redis postgresql@17' : `sudo sh -c '${INSTALL}'`;
  return (
    `The tests need redis-server and PostgreSQL ${OLDEST_POSTGRES} or later, as programs of this machine or in Docker, ` +
    `and found neither. Type:\n\n  ${command}\n`
  );
}

function searchPath(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** Debian keeps Postgres out of PATH, one folder a version: the newest first. */
function debianPostgresFolders(): string[] {
  return versions('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`);
}

function homebrewPostgresFolders(): string[] {
  const names = ['/opt/homebrew/opt', '/usr/local/opt'];
  return names.flatMap((folder) =>
    versions(folder, 'postgresql@').map((version) => `${folder}/postgresql@${version}/bin`),
  );
}

function versions(folder: string, prefix = ''): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((version) => version >= OLDEST_POSTGRES)
    .sort((a, b) => b - a);
}

/** The path of the first program, in the first folder that holds them all. */
function findIn(folders: string[], programs: string[]): string | null {
  const folder = folders.find((each) => programs.every((program) => existsSync(join(each, program))));
  return folder === undefined ? null : join(folder, programs[0] ?? '');
}

function isFitting(folder: string): boolean {
  const version = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)/.exec(version)?.[1]) >= OLDEST_POSTGRES;
}
