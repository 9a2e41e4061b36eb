/**
 * `npm run build`: compiles the server with the realtime package, the client and the console. With `--if-changed`, as `npm start` uses it, only if a source has
 * changed since the last build.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = [
  'src',
  'client/src',
  'console/src',
  'console/public',
  'console/index.html',
  'console/vite.config.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'client/tsconfig.json',
  'client/tsconfig.build.json',
  'package-lock.json',
];
const OUTPUTS = ['dist/main.js', 'src/realtime/dist/index.js', 'client/dist/index.js', 'console/dist/index.html'];
const STAMP = join(ROOT, 'dist/.built');

const ENGINE = join(ROOT, 'dist/realtime');
/** What `npm pack -w src/realtime` packs. */
const PACKAGE = join(ROOT, 'src/realtime/dist');

const TSC = 'node_modules/typescript/bin/tsc';
const STEPS = [
  ['the server', TSC, '-p', 'tsconfig.build.json'],
  ['the client', TSC, '-p', 'client/tsconfig.build.json'],
  ['the console', 'node_modules/vite/bin/vite.js', 'build', 'console', '--logLevel', 'warn'],
];

export function buildIfChanged() {
  const isBuilt = OUTPUTS.every((name) => existsSync(join(ROOT, name)));
  if (!isBuilt || builtAt() <= Math.max(...SOURCES.map((name) => newest(join(ROOT, name))))) build();
}

/** Ends the process with the exit code of the first step that fails. */
function build() {
  const startedAt = new Date();
  rmSync(STAMP, { force: true });
  // What is no longer a source must not get into the package.
  rmSync(ENGINE, { recursive: true, force: true });
  STEPS.forEach(([what, ...words], index) => {
    console.log(`Building ${what} (step ${index + 1} of ${STEPS.length})…`);
    const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) process.exit(status ?? 1);
  });
  rmSync(PACKAGE, { recursive: true, force: true });
  copyPackage(ENGINE, PACKAGE);
  writeFileSync(STAMP, '');
  // Changes made during the build may not be in it.
  utimesSync(STAMP, startedAt, startedAt);
}

/** The compiled engine without its source maps, whose sources the package doesn't have. */
function copyPackage(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyPackage(source, target);
    else if (!entry.name.endsWith('.map')) {
      writeFileSync(target, readFileSync(source, 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, ''));
    }
  }
}

/** In ms; 0 if it was never built. */
function builtAt() {
  return statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When the file, or anything in the folder, last changed, in ms. A folder's own time shows removed files. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  // The package's `dist` is written here; the folder's own time then shows nothing.
  const names = readdirSync(path);
  const times = names.filter((name) => name !== 'dist').map((name) => newest(join(path, name)));
  return Math.max(names.includes('dist') ? 0 : stat.mtimeMs, ...times);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--if-changed')) {
    buildIfChanged();
    console.log('Starting Herald…');
  } else build();
}
