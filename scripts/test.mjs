/**
 * `npm test` runs all tests except those of `npm run test:full`; `npm test -- NAME` runs the files whose paths match.
 *
 *     node scripts/test.mjs [unit | full | node VERSION] [--install] [Jest's own options and patterns …]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildIfChanged } from './build.mjs';
import { bundleIfChanged } from './bundle.mjs';
import { nodeBinary } from './node-binary.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Covers each part that depends on the version of Node: modules, sockets, streams, child processes, WebAssembly. */
const CORE = ['handshake', 'broadcast', 'resume', 'outbox', 'exports', 'process', 'console-page', 'embedded'];

const [first, ...others] = process.argv.slice(2);
const suite = ['unit', 'full', 'node'].includes(first) ? first : 'all';
const given = suite === 'all' ? process.argv.slice(2) : others;

const version = suite === 'node' ? given.shift() : null;
if (version === undefined) throw new Error('Name a version of Node: npm run test:node -- 24');
const args = given.filter((word) => word !== '--install');
if (args.length < given.length) process.env.HERALD_TEST_INSTALL = 'true';

const node = version === null ? process.execPath : nodeBinary(version);
if (suite !== 'unit') {
  buildIfChanged();
  await bundleIfChanged();
}
process.exitCode = jest(projectsOf(suite), suite === 'node' ? CORE.map((name) => `/${name}\\.`) : []);
if (suite === 'unit' && process.exitCode === 0) {
  console.log(
    '\nUnit tests only. `npm test` also runs those that need servers; `npm test -- NAME` runs matching files.',
  );
}

function projectsOf(name) {
  if (name === 'unit' || name === 'full') return [name];
  return ['unit', 'whole'];
}

function jest(projects, patterns) {
  const { status } = spawnSync(
    node,
    [
      '--import=./test/runner/register.mjs',
      '--conditions=herald-source',
      '--enable-source-maps',
      '--unhandled-rejections=strict',
      'node_modules/jest/bin/jest.js',
      ...patterns,
      ...args,
      // Last: Jest would take any words after it for projects.
      ...projects.map((name) => `--selectProjects=${name}`),
    ],
    { cwd: ROOT, stdio: 'inherit' },
  );
  return status ?? 1;
}
