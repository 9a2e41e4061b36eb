import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The command that installs Debian packages. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** The folders to search for programs; those of system services are not in every user's PATH. */
export function searchPath(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, '/usr/sbin'])];
}

/** The path of the first program, in the first folder that has them all. */
export function findIn(folders: readonly string[], programs: readonly string[]): string | null {
  const folder = folders.find((each) => programs.every((program) => existsSync(join(each, program))));
  return folder === undefined ? null : join(folder, programs[0] ?? '');
}

/**
 * Installs Debian packages, if allowed by `CI=true` or `npm test -- --install`.
 * @throws {Error} with the command to type, if not allowed
 */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const mayInstall = process.env.CI === 'true' || process.env.HERALD_TEST_INSTALL === 'true';
  if (!mayInstall || findIn(searchPath(), ['apt-get']) === null) throw new Error(adviceFor(packages));
  process.stderr.write(`Installing ${packages.join(', ')} for the tests, once\n`);
  // One at a time, because test files run in parallel; RUNLEVEL=1 keeps packages from starting their services.
  const command = installCommand(packages);
  const script = `export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; exec flock /tmp/herald-test-install sh -c '${command}'`;
  const [shell = 'sh', ...args] = isRoot ? ['sh', '-c', script] : ['sudo', '-n', 'sh', '-c', script];
  try {
    await run(shell, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`The tests need ${packages.join(', ')}, and installing failed: ${command}`, { cause: error });
  }
}

function adviceFor(packages: readonly string[]): string {
  const byHand =
    process.platform === 'darwin'
      ? 'brew install redis postgresql@17 nginx pgbouncer && brew install --cask chromium'
      : `sudo sh -c '${installCommand(packages)}'`;
  return (
    `The tests need ${packages.join(', ')}, and found none on this machine. Let the run install what it needs:\n\n` +
    `  npm test -- --install\n\nor do it yourself:\n\n  ${byHand}\n\n` +
    '`npm run test:unit` needs nothing but Node.\n'
  );
}

/**
 * The path of a program on this machine; installs its Debian package if it is missing.
 * @param names alternatives, of which the first one found is used
 */
export async function provideProgram(names: readonly string[], debianPackage: string): Promise<string> {
  const find = (): string | undefined =>
    names.map((name) => findIn(searchPath(), [name])).find((path) => path !== null);
  const found = find();
  if (found !== undefined) return found;
  await installPackages([debianPackage]);
  const installed = find();
  if (installed === undefined) throw new Error(`${names.join(', ')}: still missing after installing ${debianPackage}`);
  return installed;
}
