/**
 * `node scripts/model.mjs --operations 10000 --seed 1`: the long run of the delivery model in `test/model`. Needs `npm run build`.
 */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleIfChanged } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const operations = Number(values.operations);
const seed = Number(values.seed);
if (!Number.isInteger(operations) || !Number.isInteger(seed))
  throw new Error('--operations and --seed take whole numbers');
if (!existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url))))
  throw new Error('Run `npm run build` first');
await bundleIfChanged();

register('../test/runner/hooks.mjs', import.meta.url);
const { runModel } = await import('../test/model/run.ts');

console.log(`MODEL_SEED=${seed}`);
try {
  console.log(await runModel({ seed, operations, onProgress: console.log }));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
