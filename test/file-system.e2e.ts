import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { HeraldProcess } from './support/herald-process.js';

/** Makes a process see a file system without hard links, such as exFAT or many network shares. */
const WITHOUT_LINKS = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  fs.linkSync = () => { throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' }); };
  fs.promises.link = async () => fs.linkSync();
  syncBuiltinESMExports();`;

let folder: string;
const started: HeraldProcess[] = [];

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'herald-files-'))));
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.end('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
});

async function start(variables: Record<string, string> = {}): Promise<HeraldProcess> {
  const process = await HeraldProcess.spawn('main.js', { DATA_DIR: folder, LOG_FORMAT: 'pretty', ...variables });
  started.push(process);
  return process;
}

describe('a DATA_DIR without hard links', () => {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(WITHOUT_LINKS)}`;

  it('is served from, keeps its keys, and is taken by one process at a time', async () => {
    const first = await (await start({ NODE_OPTIONS })).ready();
    const second = await start({ NODE_OPTIONS });
    expect(await second.exit()).toMatchObject({ code: 1 });
    expect(second.output).toContain(`in use by the process with pid ${first.pid}. Stop it, or set DATA_DIR`);
    const { body } = await new ApiClient(first.url, null, '').post('/dev/token', { user_id: 'alice' });
    await first.end('SIGTERM');

    const third = await (await start({ NODE_OPTIONS })).ready();
    expect((await new ApiClient(third.url, body.access_token).get('/orgs')).status).toBe(200);
  });
});

describe('a DATA_DIR that many processes want at once', () => {
  const ACQUIRE = `
    import { FolderLock } from '${new URL('../dist/database/embedded/folder-lock.js', import.meta.url).href}';
    try { FolderLock.acquire(process.argv[1]); console.log('acquired'); } catch (error) { console.log(error.name); }
    setInterval(() => {}, 1000);`;

  it('is given to one of them', async () => {
    const children = Array.from({ length: 8 }, () => {
      const words = ['--input-type=module', '-e', ACQUIRE, join(folder, 'postgres')];
      return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    });
    const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => once(child, 'close')));
    expect(said.sort()).toEqual([...Array<string>(7).fill('FolderInUseError'), 'acquired']);
  });
});

describe('a file of the signing key', () => {
  it('that holds something else stops the start with advice instead of a stack trace', async () => {
    await writeFile(join(folder, 'dev-issuer.json'), '{"kid":');
    const process = await start();
    expect(await process.exit()).toMatchObject({ code: 1 });
    expect(process.output).toContain(`${join(folder, 'dev-issuer.json')} holds no RSA private key`);
    expect(process.output).toContain('delete the file to get a new one');
    expect(process.output).not.toContain('    at ');
  });
});
