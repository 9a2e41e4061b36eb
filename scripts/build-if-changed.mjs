import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = [
  'src',
  'client/src',
  'console/src',
  'console/index.html',
  'console/vite.config.ts',
  'package-lock.json',
];
const STAMP = join(ROOT, 'dist/.built');

/** `npm run build`, unless nothing that is built has changed since the last time. */
export function buildIfChanged() {
  if (builtAt() > Math.max(...SOURCES.map((name) => newest(join(ROOT, name))))) return;
  const startedAt = new Date();
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(STAMP, '');
  // What was changed during the build may not be in it.
  utimesSync(STAMP, startedAt, startedAt);
}

/** In ms; 0 where it was never built. */
function builtAt() {
  return statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When the file, or one below the folder, was changed last, in ms; folders tell of files that were removed. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
