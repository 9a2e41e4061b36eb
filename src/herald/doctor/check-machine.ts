import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '../../config/environment.js';
import { describeError } from '../describe-error.js';
import { type Finding, findingsOf } from './finding.js';

/** The same as in package.json. */
const LEAST_NODE = [20, 19, 0] as const;

export function checkNode(version = process.versions.node): Finding {
  const { ok, broken } = findingsOf('Node');
  const parts = version.split('.').map(Number);
  const difference = LEAST_NODE.map((least, index) => (parts[index] ?? 0) - least).find((each) => each !== 0) ?? 0;
  if (difference >= 0) return ok(`${version}.`);
  return broken(`${version} is too old. Install ${LEAST_NODE.join('.')} or later.`);
}

/** Checks that the folders can be used, or created. */
export async function checkFolders({ dataDir, exportsDir, auth, redis }: Environment): Promise<Finding[]> {
  const sharing = redis === null ? '' : ' Every server and worker needs this same folder.';
  const findings = await Promise.all([
    checkFolder('DATA_DIR', dataDir),
    checkFolder('EXPORTS_DIR', exportsDir, sharing),
  ]);
  return auth.jwksUrl === null ? [...findings, ...(await checkSigningKey(join(dataDir, 'dev-issuer.json')))] : findings;
}

async function checkFolder(name: string, folder: string, note = ''): Promise<Finding> {
  const { ok, warning, broken } = findingsOf(name);
  const found = await existing(resolve(folder));
  if (!found.isFolder) {
    return broken(`${found.path} is not a folder, so ${folder} can't be used. Move the file, or set ${name}.`);
  }
  try {
    await access(found.path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return broken(
      `${folder} can't be written to (${describeError(error)}). Make the user that runs Herald the owner of ${found.path}, or set ${name}.`,
    );
  }
  if (found.path !== resolve(folder)) return ok(`${folder} will be created on the first start.${note}`);
  if ((found.mode & 0o002) !== 0) {
    return warning(`Every user of this machine can write to ${folder}. Run: chmod o-w ${folder}`);
  }
  return ok(`${folder} can be written to.${note}`);
}

async function checkSigningKey(path: string): Promise<Finding[]> {
  const found = await stat(path).catch(() => null);
  if (found === null || (found.mode & 0o077) === 0) return [];
  const text = `Other users of this machine can read ${path}, the key that signs tokens. Run: chmod 600 ${path}`;
  return [findingsOf('DATA_DIR').warning(text)];
}

/** The path itself, or the nearest parent that exists. */
async function existing(path: string): Promise<{ path: string; isFolder: boolean; mode: number }> {
  const found = await stat(path).catch(() => null);
  if (found !== null) return { path, isFolder: found.isDirectory(), mode: found.mode };
  const above = dirname(path);
  return above === path ? { path, isFolder: false, mode: 0 } : existing(above);
}
