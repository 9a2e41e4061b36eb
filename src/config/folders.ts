import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Environment } from './environment.js';
import { EnvironmentError } from './variables.js';

/**
 * Creates the folders that the environment names, if they don't exist.
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
    return `${name}: got ${JSON.stringify(folder)}, takes a folder that can be created and written to (${because})`;
  }
}

/** One level at a time: the recursive `mkdir` never returns if it fails for a reason it doesn't know, as in `/proc`. */
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
