/**
 * `npm run bench [-- name]`: each benchmark prints its measurements, and fails if a limit was exceeded. `--quick` shortens
 * `delivery`.
 */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleIfChanged } from '../scripts/bundle.mjs';

const BENCHMARKS = ['burst', 'channels', 'delivery', 'idle', 'outbox', 'presence', 'rest', 'slow-peers'];

if (!existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)))) {
  throw new Error('Run `npm run build` first');
}
// The processes of some benchmarks run the bundle, which `npm run build` doesn't make.
await bundleIfChanged();
register('../test/runner/hooks.mjs', import.meta.url);

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [wanted] = positionals;
if (wanted !== undefined && !BENCHMARKS.includes(wanted)) {
  throw new Error(`Benchmark: got "${wanted}", takes one of ${BENCHMARKS.join(', ')}`);
}
for (const name of wanted === undefined ? BENCHMARKS : [wanted]) {
  console.log(`\n== ${name}`);
  const { run } = await import(`./${name}.ts`);
  if (!(await run(console.log, values))) process.exitCode = 1;
}
process.exit();
