import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Environment } from './environment.js';
import { EnvironmentError } from './variables.js';

/**
 * Makes the folders that the environment names, where they are not there.
 * @throws {EnvironmentError} naming each that can't be written to
 */
export async function ensureFolders({
  dataDir,
  exportsDir,
}: Pick<Environment, 'dataDir' | 'exportsDir'>): Promise<void> {
  const problems = await Promise.all([problemOf('DATA_DIR', dataDir), problemOf('EXPORTS_DIR', exportsDir)]);
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0) throw new EnvironmentError(found);
}

async function problemOf(name: string, folder: string): Promise<string | null> {
  try {
    await makeFolder(resolve(folder));
    await access(folder, constants.W_OK);
    return null;
  } catch (error) {
    const because = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return `${name}: got ${JSON.stringify(folder)}, takes a folder that can be made and written to (${because})`;
  }
}

/** One by one, as the recursive `mkdir` never comes back from where no folder can be made for a reason it does not know, as in `/proc`. */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  try {
    await mkdir(folder);
  } catch (error) {
    if (!(await isFolder(folder))) throw error;
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
