import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FolderInUseError, FolderLock } from './folder-lock.js';

describe('FolderLock', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'herald-lock-'));
    folder = join(root, 'postgres');
  });

  afterEach(() => rmSync(root, { recursive: true }));

  function leaveLock(content: string): void {
    writeFileSync(`${folder}.lock`, content);
  }

  it('refuses a second lock in this process until the first is released', () => {
    const lock = FolderLock.acquire(folder);
    expect(() => FolderLock.acquire(folder)).toThrow(`this process already (pid ${process.pid})`);
    lock.release();
    FolderLock.acquire(folder).release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('refuses while another running process holds it, and names the process, the folder and DATA_DIR', async () => {
    const other = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)']);
    try {
      await once(other.stdout, 'data');
      leaveLock(JSON.stringify({ pid: other.pid, startedAt: startOf(other.pid) }));

      expect(() => FolderLock.acquire(folder)).toThrow(FolderInUseError);
      expect(() => FolderLock.acquire(folder)).toThrow(new RegExp(`${folder} .*with pid ${other.pid}\\. .*DATA_DIR`));
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    FolderLock.acquire(folder).release();
  });

  it.each([
    ['a process that has ended', JSON.stringify({ pid: endedPid(), startedAt: '1' })],
    ['an earlier process that had the pid of this one', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['an earlier process that had the pid of another one', JSON.stringify({ pid: process.ppid, startedAt: '1' })],
    ['nobody, for it is damaged', '{"pid":'],
  ])('takes over the lock of %s', (_, content) => {
    leaveLock(content);
    const lock = FolderLock.acquire(folder);
    expect(existsSync(`${folder}.lock`)).toBe(true);
    lock.release();
    expect(readdirSync(root)).toEqual([]);
  });
});

function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** Read as the lock does, but for a program whose name has no spaces. */
function startOf(pid: number | undefined): string | null {
  const { stdout } = spawnSync('cut', ['-d', ' ', '-f', '22', `/proc/${pid}/stat`], { encoding: 'utf8' });
  return stdout.trim() || null;
}
