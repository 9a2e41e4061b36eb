import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
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
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return null;
  } catch (error) {
    const because = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return `${name}: got ${JSON.stringify(folder)}, takes a folder that can be made and written to (${because})`;
  }
}
