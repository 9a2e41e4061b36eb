import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { gunzip, gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

/** The folder of an empty database as one value, with relative paths. */
interface Template {
  folders: string[];
  files: [path: string, content: Uint8Array][];
}

let making: Promise<Template> | null = null;

/**
 * Creates an empty database in a folder, if it has none yet.
 *
 * `initdb` takes seconds and most of a gigabyte of memory. So its result is cached in the system's temporary folder, for the next
 * empty database of this process, the tests, or a fresh `DATA_DIR`.
 */
export async function ensureDataFolder(folder: string): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  const { folders, files } = await loadTemplate();
  // Created beside it and renamed, so that a crash leaves nothing that looks like a database.
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  // Synchronous, which is ten times faster for a thousand small files.
  for (const path of folders) mkdirSync(join(unfinished, path), { recursive: true, mode: 0o700 });
  for (const [path, content] of files) writeFileSync(join(unfinished, path), content, { mode: 0o600 });
  renameSync(unfinished, folder);
}

async function loadTemplate(): Promise<Template> {
  const archive = join(tmpdir(), `herald-pglite-${await engineVersion()}-${process.getuid?.() ?? 'any'}.template`);
  const kept = await readArchive(archive);
  if (kept !== null) return kept;
  making ??= makeTemplate(archive).finally(() => (making = null));
  return making;
}

async function makeTemplate(archive: string): Promise<Template> {
  const scratch = await mkdtemp(join(tmpdir(), 'herald-initdb-'));
  try {
    const engine = await PGlite.create(scratch);
    await engine.close();
    const made = await readFolder(scratch);
    await writeArchive(archive, made);
    return made;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readFolder(folder: string): Promise<Template> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const made: Template = { folders: [], files: [] };
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (entry.isDirectory()) made.folders.push(path);
    else made.files.push([path, await readFile(join(folder, path))]);
  }
  return made;
}

/** Null if there is none, or it can't be trusted. */
async function readArchive(path: string): Promise<Template | null> {
  try {
    // Every user can write to the folder, so files of others are not trusted.
    const { uid, mode } = await stat(path);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return null;
    const bytes = await promisify(gunzip)(await readFile(path));
    // Written by writeArchive(); a damaged one fails to unpack.
    return deserialize(bytes) as Template;
  } catch {
    return null;
  }
}

async function writeArchive(path: string, made: Template): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await writeFile(unfinished, await promisify(gzip)(serialize(made), { level: 1 }), { mode: 0o600 });
    await rename(unfinished, path);
  } catch {
    // Only a cache: if the disk is full or read-only, the next process runs initdb again.
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** A template works only with the version that made it. */
async function engineVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest: unknown = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error(`The package.json of PGlite beside ${entry} names no version`);
}
