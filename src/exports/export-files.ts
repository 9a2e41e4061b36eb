import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Environment } from '../config/environment.js';
import type { Export, ExportStatus } from './export.entity.js';

const ABANDONED_MS = 24 * 60 * 60 * 1000;
const SWEPT_AT_ONCE = 500;

/** The names of export files; other files in the folder are left alone. */
const NAME = /^(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:csv|json)(?<draft>\.[0-9a-f-]{36}\.part)?$/;

export interface ExportFile {
  content: Readable;
  bytes: number;
}

/** The files of exports, in a folder that all nodes share. A file under its final name is complete. */
@Injectable()
export class ExportFiles {
  constructor(private readonly environment: Environment) {}

  /** Writes to a draft beside the final name, so that a run that dies leaves no partial file there. */
  async write(row: Export, text: AsyncIterable<string>): Promise<void> {
    await mkdir(this.environment.exportsDir, { recursive: true });
    const path = this.pathOf(row);
    // A stalled job may run twice at once, so each run has a draft of its own.
    const draft = `${path}.${uuidv7()}.part`;
    try {
      await pipeline(text, createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }));
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Null if the file does not exist, or no longer. */
  async open(row: Export): Promise<ExportFile | null> {
    const file = await open(this.pathOf(row)).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (file === null) return null;
    const { size } = await file.stat();
    return { content: file.createReadStream(), bytes: size };
  }

  async remove(row: Export): Promise<void> {
    await rm(this.pathOf(row), { force: true });
  }

  /** Deletes the drafts that killed runs have left. Only for a finished export: a running one would lose its draft. */
  async removeDrafts(exportId: string): Promise<void> {
    const files = (await this.list()).filter(({ id, isDraft }) => isDraft && id === exportId);
    await Promise.all(files.map(({ path }) => rm(path, { force: true })));
  }

  /**
   * Deletes the files that no export needs. Several nodes may do this at once.
   * @param statusesOf returns the statuses of existing exports; an export's row always exists before its file
   * @returns how many were deleted
   */
  async sweep(statusesOf: (ids: string[]) => Promise<ReadonlyMap<string, ExportStatus>>): Promise<number> {
    const files = await this.list();
    let count = 0;
    for (let from = 0; from < files.length; from += SWEPT_AT_ONCE) {
      const part = files.slice(from, from + SWEPT_AT_ONCE);
      const statuses = await statusesOf([...new Set(part.map(({ id }) => id))]);
      for (const file of part) {
        if (await isNeeded(file, statuses.get(file.id))) continue;
        await rm(file.path, { force: true });
        count += 1;
      }
    }
    return count;
  }

  private async list(): Promise<ListedFile[]> {
    const { exportsDir } = this.environment;
    const entries = await readdir(exportsDir, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const files = entries.filter((entry) => entry.isFile());
    return files.flatMap(({ name }) => {
      const { id, draft } = NAME.exec(name)?.groups ?? {};
      return id === undefined ? [] : [{ id, isDraft: draft !== undefined, path: join(exportsDir, name) }];
    });
  }

  private pathOf({ id, format }: Export): string {
    return join(this.environment.exportsDir, `${id}.${format}`);
  }
}

/** A file of an export. */
interface ListedFile {
  id: string;
  isDraft: boolean;
  path: string;
}

/** A failed export may have a file, if completing it failed after the file was written. */
async function isNeeded({ isDraft, path }: ListedFile, status: ExportStatus | undefined): Promise<boolean> {
  const isUnfinished = status === 'queued' || status === 'running';
  if (!isDraft) return isUnfinished || status === 'completed';
  return isUnfinished && !(await isAbandoned(path));
}

/** Whether nothing was written to the draft for long; false if it no longer exists. */
async function isAbandoned(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  return found !== null && found.mtimeMs < Date.now() - ABANDONED_MS;
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
