/**
 * Bundles what `npm run build` has compiled with all that it imports, for the tests: they start some 170 processes, and to find
 * and evaluate 3,100 modules costs each of them more than all else that it does.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const BUNDLE = join(DIST, 'bundle');
/** What processes are started with, and what preloaded modules of the tests change in them. */
const ENTRIES = ['main', 'worker', 'herald', 'run-migrations', 'config/environment', 'jobs/takeover'];
const EXTERNAL = [
  // They find files, or start threads, beside themselves.
  /^@electric-sql\//,
  /^pino/,
  /^swagger-ui-dist/,
  // Others' optional parts, which are not installed.
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

/** In ms; 0 where it was never written. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
