import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureFolders } from './folders.js';

let root: string;

beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'herald-folders-'))));
afterAll(() => rm(root, { recursive: true, force: true }));

describe('ensureFolders', () => {
  it('creates folders and their parents, even one inside the other, and leaves existing ones', async () => {
    const folders = { dataDir: join(root, 'a/b'), exportsDir: join(root, 'a/b/c/d') };
    await ensureFolders(folders);
    await ensureFolders(folders);
    expect((await stat(folders.exportsDir)).isDirectory()).toBe(true);
  });

  it('names each folder that can’t be created', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    await expect(ensureFolders({ dataDir: file, exportsDir: join(file, 'exports') })).rejects.toMatchObject({
      problems: [expect.stringMatching(/^DATA_DIR: .*EEXIST/), expect.stringMatching(/^EXPORTS_DIR: .*EEXIST/)],
    });
  });

  it('returns where creating a folder fails for an odd reason', async () => {
    await expect(ensureFolders({ dataDir: '/proc/herald/data', exportsDir: root })).rejects.toMatchObject({
      problems: [expect.stringMatching(/^DATA_DIR: got "\/proc\/herald\/data"/)],
    });
  });
});
