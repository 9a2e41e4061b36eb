import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../scripts/build.mjs');
/** Stands in for a compiler: writes its output, fails if the source is `broken`, and waits for the file `go` if it is `slow`. */
const COMPILER = `
  const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  const project = process.argv.slice(2).find((word) => /^(tsconfig|client|console)/.test(word));
  const output = { t: 'dist/main.js', l: 'client/dist/index.js', o: 'console/dist/index.html' };
  const path = output[project.startsWith('t') ? 't' : project[1]];
  const source = readFileSync('src/main.ts', 'utf8');
  if (source === 'broken') process.exit(2);
  while (source === 'slow' && !existsSync('go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  if (path !== 'dist/main.js') process.exit(0);
  mkdirSync('dist/realtime', { recursive: true });
  for (const name of ['index.js', 'index.d.ts', 'index.js.map']) writeFileSync('dist/realtime/' + name, '//# sourceMappingURL=' + name + '.map');
`;
const STEPS = [
  'Building the server (step 1 of 3)…',
  'Building the client (step 2 of 3)…',
  'Building the console (step 3 of 3)…',
];
const START = 'Starting Herald…';
const COMMAND = ['scripts/build.mjs', '--if-changed'];

/** A project with the repository’s layout. */
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'herald-build-'));
  await cp(SCRIPT, join(root, 'scripts/build.mjs'));
  await write('node_modules/typescript/bin/tsc', COMPILER);
  await write('node_modules/vite/bin/vite.js', COMPILER);
  await write('src/main.ts', 'first');
  await write('src/realtime/package.json', '{}');
});
afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** Runs the build; returns its exit status and the lines printed. */
function build(): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, COMMAND, { cwd: root, encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

describe('npm start', () => {
  it('announces each step before it starts', async () => {
    await write('src/main.ts', 'slow');
    const building = spawn(process.execPath, COMMAND, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    building.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(building.stdout, 'data');
    expect(output).toBe(`${STEPS[0]}\n`);
    await write('go', '');
    expect(await once(building, 'close')).toEqual([0, null]);
    expect(output).toBe(`${[...STEPS, START].join('\n')}\n`);
  });

  it('rebuilds only if a source has changed or an output is missing', async () => {
    expect(build().lines).toEqual([...STEPS, START]);
    expect(build().lines).toEqual([START]);
    await write('src/main.ts', 'second');
    expect(build().lines).toEqual([...STEPS, START]);
    await rm(join(root, 'console/dist'), { recursive: true });
    expect(build().lines).toEqual([...STEPS, START]);
    expect(build().lines).toEqual([START]);
  });

  it('makes the package of the engine, without source maps or what is no longer a source', async () => {
    await write('dist/realtime/removed.js', '');
    build();
    expect((await readdir(join(root, 'src/realtime/dist'))).toSorted()).toEqual(['index.d.ts', 'index.js']);
    expect(await readFile(join(root, 'src/realtime/dist/index.js'), 'utf8')).toBe('');
  });

  it('does not start after a failed build, and builds again next time', async () => {
    build();
    await write('src/main.ts', 'broken');
    expect(build()).toEqual({ status: 2, lines: STEPS.slice(0, 1) });
    expect(build()).toEqual({ status: 2, lines: STEPS.slice(0, 1) });
    await write('src/main.ts', 'mended');
    expect(build()).toEqual({ status: 0, lines: [...STEPS, START] });
  });
});
