/**
 * `node scripts/fuzz.mjs --runs 10000 --seed 1`: the long run of the properties in `test/fuzz`. Needs `npm run build`.
 */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleIfChanged } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isInteger(runs) || !Number.isInteger(seed)) throw new Error('--runs and --seed take whole numbers');
if (!existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url))))
  throw new Error('Run `npm run build` first');
await bundleIfChanged();

register('../test/runner/hooks.mjs', import.meta.url);
const { runFuzz } = await import('../test/fuzz/run.ts');

console.log(`FUZZ_SEED=${seed}`);
try {
  await runFuzz({ runs, seed, onProgress: console.log });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
