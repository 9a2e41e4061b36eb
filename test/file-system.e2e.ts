import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { HeraldProcess } from './support/herald-process.js';
import { herald } from './support/herald.js';
import { postgresDatabase } from './support/servers.js';

/** Simulates a file system without hard links, such as exFAT or many network shares, in a process that imports it. */
const WITHOUT_LINKS = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  fs.linkSync = () => { throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' }); };
  fs.promises.link = async () => fs.linkSync();
  syncBuiltinESMExports();`)}`;

/** Locks a database folder, or prints why it can't. */
const ACQUIRE = `
  import { FolderLock } from '${new URL('../dist/database/embedded/folder-lock.js', import.meta.url).href}';
  try { FolderLock.acquire(process.argv[1]); console.log('acquired'); } catch (error) { console.log(String(error)); }
  setInterval(() => {}, 1000);`;

let folder: string;

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'herald-files-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts this many processes that try to lock the folder, and returns their output. */
async function acquire(count: number, ...options: string[]): Promise<string[]> {
  const children = Array.from({ length: count }, () => {
    const words = [...options, '--input-type=module', '-e', ACQUIRE, join(folder, 'postgres')];
    return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  });
  const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => once(child, 'close')));
  return said;
}

describe('a DATA_DIR without hard links', () => {
  const { linkSync } = fs;
  const { link } = fs.promises;

  beforeAll(() => import(WITHOUT_LINKS));
  afterAll(() => {
    fs.linkSync = linkSync;
    fs.promises.link = link;
    syncBuiltinESMExports();
  });

  it('works, keeps its keys, and is locked by one process at a time', async () => {
    const first = await herald({ DATA_DIR: folder }, { embedded: true });
    const [refusal] = await acquire(1, `--import=${WITHOUT_LINKS}`);
    const token = await first.tokenFor('alice');
    await first.stop();
    expect(refusal).toContain(`in use by the process with pid ${process.pid}. Stop it, or set DATA_DIR`);

    const next = await herald({ DATA_DIR: folder }, { embedded: true });
    const { status } = await new ApiClient(next.url, token).get('/orgs');
    await next.stop();
    expect(status).toBe(200);
  });
});

describe('a DATA_DIR that many processes open at once', () => {
  it('is locked by exactly one of them', async () => {
    const said = await acquire(8);
    const names = said.map((text) => text.split(':')[0]);
    expect(names.sort()).toEqual([...Array<string>(7).fill('FolderInUseError'), 'acquired']);
  });
});

describe('a corrupt signing key file', () => {
  let process: HeraldProcess;

  afterEach(() => process.end('SIGKILL'));

  it('stops the start with advice instead of a stack trace', async () => {
    await writeFile(join(folder, 'dev-issuer.json'), '{"kid":');
    process = await HeraldProcess.spawn('main.js', {
      DATA_DIR: folder,
      DATABASE_URL: await postgresDatabase(),
      LOG_FORMAT: 'pretty',
    });
    expect(await process.exit()).toMatchObject({ code: 1 });
    expect(process.output).toContain(`${join(folder, 'dev-issuer.json')} does not contain an RSA private key`);
    expect(process.output).toContain('delete the file to get a new one');
    expect(process.output).not.toContain('    at ');
  });
});
