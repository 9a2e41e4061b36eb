import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasContainerEngine } from './container-server.js';
import { findIn, installCommand, installPackages, searchPath } from './packages.js';

/** Where the servers of a test run come from. */
export type Source = 'machine' | 'containers';

const OLDEST_POSTGRES = 14;
const PACKAGES = ['redis-server', 'postgresql'];
/** The usual names of Chromium; `CHROMIUM` overrides them. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'];
const INSTALL = installCommand(PACKAGES);

/** The path of `redis-server` on this machine, or null. */
export function findRedis(): string | null {
  return findIn(searchPath(), ['redis-server']);
}

/** The folder with `postgres` and `initdb` on this machine in a supported version, or null. */
export function findPostgres(): string | null {
  const folders = [...searchPath(), ...debianPostgresFolders(), ...homebrewPostgresFolders()];
  return folders.find((folder) => findIn([folder], ['postgres', 'initdb']) !== null && isFitting(folder)) ?? null;
}

/** The possible names of a program, and its Debian package. */
type Program = [names: string[], debianPackage: string];

/** Other programs that a run of all tests starts. */
const OTHERS: Program[] = [
  ...(process.env.CHROMIUM === undefined ? [[CHROMIUM, 'chromium'] satisfies Program] : []),
  [['nginx'], 'nginx'],
  [['openssl'], 'openssl'],
  [['pgbouncer'], 'pgbouncer'],
];

/**
 * Makes sure that all programs for a run of all tests are available; reports every missing one before the first test.
 * @throws {Error} with the command to type, if installing is not allowed
 */
export async function provideAllPrograms(): Promise<void> {
  const missing = OTHERS.filter(([names]) => names.every((name) => findIn(searchPath(), [name]) === null));
  const packages = missing.map(([, debianPackage]) => debianPackage);
  if (!areInstalled() && !(await hasContainerEngine())) packages.unshift(...PACKAGES);
  if (packages.length > 0) await installPackages(packages);
}

/**
 * Makes sure that Redis and Postgres can be started: from programs on this machine, otherwise in containers or from
 * Debian's packages, which are installed if allowed.
 * @throws {Error} with the command to type, if none of that is possible
 */
export async function findServers(): Promise<Source> {
  if (areInstalled()) return 'machine';
  if (await hasContainerEngine()) return 'containers';
  await installPackages(PACKAGES);
  if (areInstalled()) return 'machine';
  throw new Error(`redis-server and postgres are still missing after: ${INSTALL}`);
}

function areInstalled(): boolean {
  return findRedis() !== null && findPostgres() !== null;
}

/** Debian keeps Postgres out of PATH, in one folder for each version; newest first. */
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

function isFitting(folder: string): boolean {
  const version = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)/.exec(version)?.[1]) >= OLDEST_POSTGRES;
}
