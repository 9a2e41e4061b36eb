import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The one command that installs Debian packages. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** The folders where programs are; those of the system's services are not in everybody's PATH. */
export function searchPath(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, '/usr/sbin'])];
}

/** The path of the first program, in the first folder that holds them all. */
export function findIn(folders: readonly string[], programs: readonly string[]): string | null {
  const folder = folders.find((each) => programs.every((program) => existsSync(join(each, program))));
  return folder === undefined ? null : join(folder, programs[0] ?? '');
}

/**
 * Installs Debian's packages, where that is allowed: as root, or in CI.
 * @param advice what to type, where it is not
 */
export async function installPackages(packages: readonly string[], advice: string): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const mayInstall = isRoot || process.env.CI === 'true';
  if (!mayInstall || findIn(searchPath(), ['apt-get']) === null) throw new Error(advice);
  process.stderr.write(`Installing ${packages.join(' and ')} for the tests, once\n`);
  // One at a time, for test files that run side by side; RUNLEVEL=1 keeps the packages from starting their services.
  const command = installCommand(packages);
  const script = `export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; exec flock /tmp/herald-test-install sh -c '${command}'`;
  const [shell = 'sh', ...args] = isRoot ? ['sh', '-c', script] : ['sudo', '-n', 'sh', '-c', script];
  try {
    await run(shell, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`The tests need ${packages.join(', ')}, and installing failed: ${command}`, { cause: error });
  }
}

/**
 * The path of a program of this machine, which Debian's package brings if it is not there.
 * @param names the first that is found
 */
export async function provideProgram(names: readonly string[], debianPackage: string): Promise<string> {
  const find = (): string | undefined =>
    names.map((name) => findIn(searchPath(), [name])).find((path) => path !== null);
  const found = find();
  if (found !== undefined) return found;
  const command = `sudo sh -c '${installCommand([debianPackage])}'`;
  await installPackages(
    [debianPackage],
    `The tests need ${names.join(' or ')}, and found none. Type:\n\n  ${command}\n`,
  );
  const installed = find();
  if (installed === undefined) throw new Error(`${names.join(', ')}: still missing after installing ${debianPackage}`);
  return installed;
}
