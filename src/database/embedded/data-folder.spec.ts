import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureDataFolder } from './data-folder.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

describe('ensureDataFolder', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'herald-folder-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('replaces the remains of a start that crashed', async () => {
    mkdirSync(join(root, 'postgres.new'));
    writeFileSync(join(root, 'postgres.new', 'PG_VERSION'), '18');
    await ensureDataFolder(join(root, 'postgres'));

    expect(readdirSync(root)).toEqual(['postgres']);
    expect(existsSync(join(root, 'postgres', 'base'))).toBe(true);
  });

  it('leaves an existing database alone', async () => {
    mkdirSync(join(root, 'postgres'));
    writeFileSync(join(root, 'postgres', 'PG_VERSION'), '18');
    await ensureDataFolder(join(root, 'postgres'));

    expect(readdirSync(join(root, 'postgres'))).toEqual(['PG_VERSION']);
  });

  it('does not touch a folder of something else', async () => {
    mkdirSync(join(root, 'postgres'));
    writeFileSync(join(root, 'postgres', 'letter.txt'), 'Dear …');

    await expect(EmbeddedPostgres.open(join(root, 'postgres'))).rejects.toThrow(`${root}/postgres can't be opened`);
    expect(readdirSync(join(root, 'postgres'))).toEqual(['letter.txt']);
  });

  it('makes a folder that only its owner can enter', async () => {
    await ensureDataFolder(join(root, 'postgres'));

    expect(statSync(join(root, 'postgres')).mode & 0o077).toBe(0);
  });
});
