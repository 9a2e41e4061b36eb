/**
 * Bundles the output of `npm run build` with everything it imports, for the tests: they start some 170 processes, each of which
 * would spend most of its time loading 3,100 modules.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const BUNDLE = join(DIST, 'bundle');
/** The entry points of processes, and modules that the tests' preloads patch. */
const ENTRIES = ['main', 'worker', 'herald', 'run-migrations', 'run-process', 'server', 'job-worker'];
const EXTERNAL = [
  // These load files or start threads from their own folder.
  /^@electric-sql\//,
  /^pino/,
  /^swagger-ui-dist/,
  // Optional dependencies that are not installed.
  /^@nestjs\/(microservices|mongoose|sequelize)/,
  /^class-transformer\/storage/,
  /^pg-native/,
];

export async function bundleIfChanged() {
  if (changedAt(join(BUNDLE, 'main.js')) > changedAt(join(DIST, '.built'))) return;
  const bundle = await rolldown({
    input: Object.fromEntries(ENTRIES.map((name) => [name, join(DIST, `${name}.js`)])),
    platform: 'node',
    external: EXTERNAL,
    logLevel: 'silent',
  });
  await bundle.write({ dir: BUNDLE, format: 'esm', chunkFileNames: '[name]-[hash].js', sourcemap: false });
}

/** In ms; 0 if it does not exist. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
