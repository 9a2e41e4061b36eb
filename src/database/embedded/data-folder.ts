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

/** An empty database's folder as one value: paths relative to it. */
interface Template {
  folders: string[];
  files: [path: string, content: Uint8Array][];
}

let making: Promise<Template> | null = null;

/**
 * Makes an empty database in a folder, if there is none yet.
 *
 * `initdb` takes seconds and most of a gigabyte. So it runs once, and what it made is kept in the system's folder for
 * temporary files, for the next database of this process, of the tests, of a fresh `DATA_DIR`.
 */
export async function ensureDataFolder(folder: string): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  const { folders, files } = await loadTemplate();
  // Made beside it and renamed: a crash on the way leaves nothing that looks like a database.
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  // A thousand small files: one after the other, without going through the event loop each time, is ten times faster.
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

/** Null if there is none that can be trusted. */
async function readArchive(path: string): Promise<Template | null> {
  try {
    // The folder is everybody's: another user's file is not taken.
    const { uid, mode } = await stat(path);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return null;
    const bytes = await promisify(gunzip)(await readFile(path));
    // Written by writeArchive(), whole; a damaged one fails to unpack.
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
    // Only a cache: with a full or read-only disk the next process runs initdb again.
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** A template fits the version that made it. */
async function engineVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest: unknown = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error(`The package.json of PGlite beside ${entry} names no version`);
}
