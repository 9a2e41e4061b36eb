import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Environment } from '../config/environment.js';
import type { Export } from './export.entity.js';

const ABANDONED_MS = 24 * 60 * 60 * 1000;

export interface ExportFile {
  content: Readable;
  bytes: number;
}

/** The files of exports, in the one folder that all nodes share. A file that is there is complete. */
@Injectable()
export class ExportFiles {
  constructor(private readonly environment: Environment) {}

  /** Writes as fast as the disk takes it, beside the final name: a run that dies leaves no half file under it. */
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

  /** Null if there is no such file (any more). */
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

  /** Deletes drafts that processes which were killed have left behind. */
  async sweep(): Promise<void> {
    const { exportsDir } = this.environment;
    await mkdir(exportsDir, { recursive: true });
    const drafts = (await readdir(exportsDir)).filter((name) => name.endsWith('.part'));
    for (const path of drafts.map((name) => join(exportsDir, name))) {
      const { mtimeMs } = await stat(path);
      if (mtimeMs < Date.now() - ABANDONED_MS) await rm(path, { force: true });
    }
  }

  private pathOf({ id, format }: Export): string {
    return join(this.environment.exportsDir, `${id}.${format}`);
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
